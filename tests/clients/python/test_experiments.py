"""Experiments: definitions, runs, what they deploy, and what the agent gets to read while they are on."""

import concurrent.futures
import datetime
import json
import re

import pytest
from botocore.exceptions import ClientError
from flags import AGENT_ACCEPT, ION, JSON, FlagChannel, Reader, read_ion
from harness import HOUR, MINUTE, Tenant, all_pages, assert_refused, refusal, status_of, without_metadata
from webhook import arns, associate, extend

AUDIENCE = '(eq $country "CZ")'
DOCUMENT = {
    "version": "1",
    "flags": {
        "checkout": {
            "attributes": {
                "color": {"constraints": {"type": "string", "enum": ["blue", "green"]}},
                "size": {"constraints": {"type": "number", "maximum": 9}},
                "fast": {"constraints": {"type": "boolean"}},
                "steps": {"constraints": {"type": "array", "elements": {"type": "string"}}},
                "limits": {"constraints": {"type": "array", "elements": {"type": "number"}}},
            }
        }
    },
    "values": {
        "checkout": {"enabled": True, "color": "green"},
        "search": {"enabled": False},
        "tiered": {
            "_variants": [
                {"name": "gold", "enabled": True, "rule": '(eq $tier "gold")'},
                {"name": "rest", "enabled": False},
            ]
        },
    },
}
CHECKOUT = {"color": "green", "enabled": True}
BLUE = {"Enabled": True, "AttributeValues": {"color": {"StringValue": "blue"}}}
OFF = {"Enabled": False}


@pytest.fixture
def lab(flags):
    """A channel with flags to experiment on."""
    flags.release(DOCUMENT)
    return Lab(flags)


class Lab:
    """Experiments in one application, with what is the same in most calls."""

    def __init__(self, flags):
        self.flags = flags
        self.control = flags.tenant.control
        self.application = {"ApplicationIdentifier": flags.application_id}

    def definition_given(self, name="try", flag="checkout", **more):
        return {
            **self.application,
            "Name": name,
            "ConfigurationProfileIdentifier": self.flags.profile_id,
            "EnvironmentIdentifier": self.flags.environment_id,
            "FlagKey": flag,
            "Treatments": [{"Weight": 50.0, "FlagValue": BLUE if flag == "checkout" else {"Enabled": True}}],
            "Control": {"Weight": 50.0, "FlagValue": OFF},
            "AudienceRule": AUDIENCE,
            **more,
        }

    def define(self, name="try", flag="checkout", **more):
        return self.control.create_experiment_definition(**self.definition_given(name, flag, **more))["Id"]

    def of(self, definition, run=None):
        identity = {**self.application, "ExperimentDefinitionIdentifier": definition}
        return identity if run is None else {**identity, "Run": run}

    def start(self, definition, exposure=None, **more):
        if exposure is not None:
            more["ExposurePercentage"] = exposure
        return self.control.start_experiment_run(**self.of(definition), **more)

    def update(self, definition, run=1, **more):
        return self.control.update_experiment_run(**self.of(definition, run), **more)

    def stop(self, definition, run=1, **more):
        return self.control.stop_experiment_run(**self.of(definition, run), **more)

    def status(self, definition):
        return self.control.get_experiment_definition(**self.of(definition))["Status"]

    def events(self, definition, run=1):
        return self.control.list_experiment_run_events(**self.of(definition, run))["Items"]

    def deployments(self):
        return self.control.list_deployments(**self.flags.in_environment)["Items"]

    def arn(self, definition, run=None):
        tenant = self.flags.tenant
        arn = (
            f"arn:aws:appconfig:{tenant.region}:{tenant.account}:application/{self.flags.application_id}"
            f"/experimentdefinition/{definition}"
        )
        return arn if run is None else f"{arn}/experimentrun/{run}"

    def deployment_arn(self, number):
        tenant = self.flags.tenant
        return (
            f"arn:aws:appconfig:{tenant.region}:{tenant.account}:application/{self.flags.application_id}"
            f"/environment/{self.flags.environment_id}/deployment/{number}"
        )

    def read(self):
        """What the agent reads now, and which flags are said to be in experiments."""
        reader = self.flags.open_reader()
        answer = reader.answer()
        experiments = answer["Headers"].get("experiment-flags")
        if answer["ContentType"] == JSON:
            return json.loads(answer["Configuration"]), experiments
        return read_ion(answer["Configuration"]), experiments

    def seed(self, definition, run=1):
        return f"{self.flags.tenant.account}:{self.flags.application_id}:{definition}:{run}"


def instant(server):
    return datetime.datetime.fromtimestamp(server.now_ms() / 1000, datetime.UTC)


def whole_second(at):
    return at.replace(microsecond=0)


# Definitions.


def test_a_definition_comes_back_as_it_was_given(tenant, lab):
    given = lab.definition_given(
        Treatments=[
            {
                "Weight": 12.5,
                "Description": "all kinds of attributes",
                "FlagValue": {
                    "Enabled": True,
                    "AttributeValues": {
                        "color": {"StringValue": "blue"},
                        "size": {"NumberValue": 4.5},
                        "fast": {"BooleanValue": False},
                        "steps": {"StringArray": ["cart", "pay"]},
                        "limits": {"NumberArray": [1.0, 2.5]},
                    },
                },
            },
            {"Weight": 0.0, "FlagValue": OFF},
        ],
        Control={"Weight": 50.0, "Description": "as before", "FlagValue": OFF},
        Hypothesis="Blue sells.",
        AudienceDescription="Czech visitors",
        LaunchCriteria="One per cent more sales.",
    )
    made = lab.control.create_experiment_definition(**given)
    assert status_of(made) == 201
    assert re.fullmatch("[a-z0-9]{7}", made["Id"])
    now = instant(tenant.server)
    first, second = given["Treatments"]
    expected = {
        "ApplicationId": lab.flags.application_id,
        "Id": made["Id"],
        "Name": "try",
        "Hypothesis": "Blue sells.",
        "Status": "IDLE",
        "ConfigurationProfileId": lab.flags.profile_id,
        "EnvironmentId": lab.flags.environment_id,
        "FlagKey": "checkout",
        "AudienceRule": AUDIENCE,
        "AudienceDescription": "Czech visitors",
        "LaunchCriteria": "One per cent more sales.",
        "Treatments": [{"Key": "t1", **first}, {"Key": "t2", **second}],
        "Control": {"Key": "c", **given["Control"]},
        "CreatedAt": now,
    }
    got = lab.control.get_experiment_definition(**lab.of(made["Id"]))
    for answer in (made, got):
        answer = without_metadata(answer)
        assert whole_second(answer.pop("UpdatedAt")) == whole_second(now)
        assert answer == expected
    assert got["UpdatedAt"] == whole_second(now), "as recorded, it is told to the second"


def test_names_do_for_ids(lab):
    application, environment, profile = lab.flags.names
    made = lab.control.create_experiment_definition(
        **lab.definition_given(
            ApplicationIdentifier=application,
            EnvironmentIdentifier=environment,
            ConfigurationProfileIdentifier=profile,
        )
    )
    assert (made["EnvironmentId"], made["ConfigurationProfileId"]) == (lab.flags.environment_id, lab.flags.profile_id)
    by_name = {"ApplicationIdentifier": application, "ExperimentDefinitionIdentifier": "try"}
    assert lab.control.get_experiment_definition(**by_name)["Id"] == made["Id"]
    assert lab.control.start_experiment_run(**by_name)["Run"] == 1
    assert lab.control.get_experiment_run(**by_name, Run=1)["ExperimentDefinitionId"] == made["Id"]


def test_neither_flag_nor_rule_nor_weights_are_looked_at_before_a_run(lab):
    made = lab.control.create_experiment_definition(
        **lab.definition_given(
            flag="notThere",
            AudienceRule="no rule",
            Treatments=[{"Weight": 50.0, "FlagValue": BLUE}],
            Control={"Weight": 40.0, "FlagValue": OFF},
        )
    )
    assert (made["Status"], made["AudienceRule"], made["FlagKey"]) == ("IDLE", "no rule", "notThere")


@pytest.mark.parametrize(
    ("member", "what"),
    [
        ("ApplicationIdentifier", "Application with Id"),
        ("EnvironmentIdentifier", "Environment with Application Id"),
        ("ConfigurationProfileIdentifier", "Configuration Profile with Application Id"),
    ],
)
def test_what_a_definition_names_must_exist(lab, member, what):
    given = lab.definition_given(**{member: "zzzzzzz"})
    response = assert_refused("ResourceNotFoundException", None, lab.control.create_experiment_definition, **given)
    assert response["Error"]["Message"].startswith(what)


def test_experiments_are_about_feature_flags(tenant, lab):
    freeform = tenant.control.create_configuration_profile(
        ApplicationId=lab.flags.application_id, Name="theme", LocationUri="hosted"
    )["Id"]
    given = lab.definition_given(ConfigurationProfileIdentifier=freeform)
    assert_refused("BadRequestException", None, lab.control.create_experiment_definition, **given)


def test_a_definition_has_a_name_of_its_own_in_its_application(tenant, lab):
    made = lab.define()
    assert_refused(
        "ConflictException",
        f"Experiment definition with name try already exists with id {made} in application {lab.flags.application_id}"
        f" and account {tenant.account}",
        lab.control.create_experiment_definition,
        **lab.definition_given(),
    )
    other = Lab(FlagChannel(tenant, application="other"))
    assert other.define() != made


@pytest.mark.parametrize(
    "wrong",
    [
        {"Treatments": []},
        {"Treatments": [{"Weight": 1.0, "FlagValue": OFF}] * 6},
        {"Treatments": [{"Weight": -1.0, "FlagValue": OFF}]},
        {"Name": ""},
        {"FlagKey": "Upper"},
        {"AudienceRule": ""},
        {"AudienceRule": "x" * 16385},
        {
            "Control": {
                "Weight": 1.0,
                "FlagValue": {"Enabled": True, "AttributeValues": {"enabled": {"BooleanValue": True}}},
            }
        },
        {"Hypothesis": "h" * 1025},
    ],
)
def test_the_models_constraints_hold(tenant, lab, wrong):
    given = lab.definition_given(**wrong)
    assert_refused("BadRequestException", None, tenant.unchecked.create_experiment_definition, **given)
    assert lab.control.list_experiment_definitions()["Items"] == []


@pytest.mark.parametrize(
    "operation",
    [
        "get_experiment_definition",
        "update_experiment_definition",
        "delete_experiment_definition",
        "start_experiment_run",
    ],
)
def test_an_unknown_definition_is_not_found(lab, operation):
    assert_refused("ResourceNotFoundException", None, getattr(lab.control, operation), **lab.of("zzzzzzz"))


@pytest.mark.parametrize(
    "operation",
    ["get_experiment_run", "update_experiment_run", "stop_experiment_run", "list_experiment_run_events"],
)
def test_an_unknown_run_is_not_found(lab, operation):
    definition = lab.define()
    assert_refused("ResourceNotFoundException", None, getattr(lab.control, operation), **lab.of(definition, 7))


def test_an_update_changes_what_it_names(tenant, lab):
    definition = lab.define(Hypothesis="old", LaunchCriteria="stays")
    tenant.server.advance(10)
    updated = lab.control.update_experiment_definition(
        **lab.of(definition),
        Treatments=[{"Weight": 1.0, "FlagValue": OFF}, {"Weight": 2.0, "FlagValue": BLUE}],
        Hypothesis="new",
        AudienceRule='(exists key::"country")',
    )
    got = lab.control.get_experiment_definition(**lab.of(definition))
    for answer in (updated, got):
        assert [treatment["Key"] for treatment in answer["Treatments"]] == ["t1", "t2"]
        assert (answer["Hypothesis"], answer["LaunchCriteria"]) == ("new", "stays")
        assert answer["AudienceRule"] == '(exists key::"country")'
        assert (answer["Control"]["Key"], answer["Control"]["Weight"]) == ("c", 50.0)
        assert whole_second(answer["UpdatedAt"]) == whole_second(instant(tenant.server))
        assert answer["CreatedAt"] < answer["UpdatedAt"]


def test_nothing_of_a_definition_changes_while_it_runs(lab):
    definition = lab.define()
    lab.start(definition)
    assert lab.status(definition) == "ACTIVE"
    assert_refused(
        "ConflictException",
        f"Cannot update experiment definition {definition} with status ACTIVE. Stop the current experiment run before"
        " updating the experiment definition.",
        lab.control.update_experiment_definition,
        **lab.of(definition),
        Hypothesis="new",
    )
    lab.stop(definition)
    assert lab.control.update_experiment_definition(**lab.of(definition), Hypothesis="new")["Hypothesis"] == "new"


# Lists.


def names(answer):
    return [item["Name"] for item in answer["Items"]]


def test_definitions_are_listed_with_the_latest_updated_first(tenant, lab):
    one, two, three = (lab.define(name) for name in ("one", "two", "three"))
    assert names(lab.control.list_experiment_definitions()) == ["three", "two", "one"]
    tenant.server.advance(5)
    lab.control.update_experiment_definition(**lab.of(one), Hypothesis="new")
    assert names(lab.control.list_experiment_definitions()) == ["one", "three", "two"]
    # A run that starts and stops changes its definition too.
    lab.start(two)
    assert names(lab.control.list_experiment_definitions()) == ["two", "one", "three"]
    lab.control.delete_experiment_definition(**lab.of(three))
    assert names(lab.control.list_experiment_definitions()) == ["three", "two", "one"]
    lab.stop(two)
    listed = lab.control.list_experiment_definitions()
    assert names(listed) == ["two", "three", "one"]
    assert listed["Items"][2] == {
        "ApplicationId": lab.flags.application_id,
        "Id": one,
        "Name": "one",
        "Hypothesis": "new",
        "Status": "IDLE",
        "ConfigurationProfileId": lab.flags.profile_id,
        "EnvironmentId": lab.flags.environment_id,
        "FlagKey": "checkout",
        "CreatedAt": lab.control.get_experiment_definition(**lab.of(one))["CreatedAt"],
        "UpdatedAt": whole_second(instant(tenant.server)),
    }


def test_the_list_is_of_the_account_and_is_filtered(tenant, lab):
    here = lab.define("here")
    other = Lab(FlagChannel(tenant, application="other", environment="test"))
    there = other.define("there")
    archived = lab.define("archived")
    lab.control.delete_experiment_definition(**lab.of(archived))
    lab.start(here)

    def listed(**wanted):
        return set(names(lab.control.list_experiment_definitions(**wanted)))

    assert listed() == {"here", "there", "archived"}
    assert listed(ApplicationIdentifier="other") == {"there"}
    assert listed(ApplicationIdentifier=lab.flags.application_id) == {"here", "archived"}
    assert listed(EnvironmentIdentifier=other.flags.environment_id) == {"there"}
    assert listed(ConfigurationProfileIdentifier=lab.flags.profile_id) == {"here", "archived"}
    assert listed(ConfigurationProfileIdentifier="flags") == {"here", "there", "archived"}
    assert listed(Status="ACTIVE") == {"here"}
    assert listed(Status="IDLE") == {"there"}
    assert listed(Status="ARCHIVED") == {"archived"}
    assert listed(ApplicationIdentifier="other", Status="ACTIVE") == set()
    assert there not in listed(EnvironmentIdentifier="zzzzzzz")
    stranger = Tenant(tenant.server)
    assert stranger.control.list_experiment_definitions()["Items"] == []


def test_what_is_changed_while_a_list_is_read_is_not_missed(lab):
    made = [lab.define(name) for name in ("one", "two", "three", "four")]
    page = lab.control.list_experiment_definitions(MaxResults=2)
    seen = names(page)
    assert seen == ["four", "three"]
    lab.control.update_experiment_definition(**lab.of(made[0]), Hypothesis="later")
    while "NextToken" in page:
        page = lab.control.list_experiment_definitions(MaxResults=2, NextToken=page["NextToken"])
        seen += names(page)
    assert seen == ["four", "three", "two", "one"]


def test_lists_come_in_pages(lab):
    definitions = [lab.define(f"number {n}", Hypothesis="x") for n in range(5)]
    sizes, items = all_pages(lab.control, "list_experiment_definitions", 2)
    assert (sizes, [item["Id"] for item in items]) == ([2, 2, 1], definitions[::-1])
    assert_refused(
        "BadRequestException",
        "Invalid nextToken parameter bogus.",
        lab.control.list_experiment_definitions,
        NextToken="bogus",
    )
    definition = definitions[0]
    for run in range(1, 6):
        lab.start(definition)
        lab.stop(definition, run)
    sizes, items = all_pages(lab.control, "list_experiment_runs", 2, **lab.of(definition))
    assert (sizes, [item["Run"] for item in items]) == ([2, 2, 1], [5, 4, 3, 2, 1])
    lab.start(definition)
    for exposure in (10.0, 20.0, 30.0):
        lab.update(definition, 6, ExposurePercentage=exposure)
    sizes, items = all_pages(lab.control, "list_experiment_run_events", 3, **lab.of(definition, 6))
    assert sizes == [3, 1]
    assert [item.get("ExposurePercentage") for item in items] == [30.0, 20.0, 10.0, 0.0]


# Runs.


def test_a_run_comes_back_as_it_was_started(tenant, lab):
    definition = lab.define(Hypothesis="Blue sells.")
    started = lab.start(definition, 20.0, Description="first try", TreatmentOverrides={"Inline": {"tess": "t1"}})
    assert status_of(started) == 201
    now = instant(tenant.server)
    snapshot = without_metadata(lab.control.get_experiment_definition(**lab.of(definition)))
    for member in ("Status", "CreatedAt", "UpdatedAt"):
        del snapshot[member]
    expected = {
        "ApplicationId": lab.flags.application_id,
        "ExperimentDefinitionId": definition,
        "Run": 1,
        "Description": "first try",
        "Status": "RUNNING",
        "ExposurePercentage": 20.0,
        "TreatmentOverrides": {"Inline": {"tess": "t1"}},
        "StartedAt": now,
        "UpdatedAt": now,
        "ExperimentDefinitionSnapshot": snapshot,
    }
    assert without_metadata(started) == expected
    assert without_metadata(lab.control.get_experiment_run(**lab.of(definition, 1))) == expected
    assert lab.status(definition) == "ACTIVE"


def test_a_run_exposes_nobody_unless_told(lab):
    definition = lab.define()
    started = lab.start(definition)
    assert started["ExposurePercentage"] == 0.0
    assert "TreatmentOverrides" not in started


def test_runs_are_counted_per_definition(lab):
    one, two = lab.define("one"), lab.define("two", "search")
    assert [lab.start(one)["Run"], lab.start(two)["Run"]] == [1, 1]
    lab.stop(one)
    assert lab.start(one)["Run"] == 2
    listed = lab.control.list_experiment_runs(**lab.of(one))["Items"]
    assert [(item["Run"], item["Status"]) for item in listed] == [(2, "RUNNING"), (1, "DONE")]
    assert "EndedAt" in listed[1] and "EndedAt" not in listed[0]
    for status, runs in (("RUNNING", [2]), ("DONE", [1])):
        listed = lab.control.list_experiment_runs(**lab.of(one), Status=status)["Items"]
        assert [item["Run"] for item in listed] == runs


def test_a_run_keeps_the_definition_of_its_start(lab):
    definition = lab.define(Hypothesis="old")
    lab.start(definition)
    lab.stop(definition)
    lab.control.update_experiment_definition(**lab.of(definition), Hypothesis="new")
    snapshot = lab.control.get_experiment_run(**lab.of(definition, 1))["ExperimentDefinitionSnapshot"]
    assert snapshot["Hypothesis"] == "old"


def test_every_change_that_clients_see_is_a_managed_deployment(tenant, lab):
    definition = lab.define()
    lab.start(definition, 10.0)
    lab.update(definition, ExposurePercentage=20.0)
    lab.update(definition, Description="no deployment")
    lab.update(definition, TreatmentOverrides={"Inline": {"tess": "t1"}})
    lab.stop(definition)
    listed = lab.deployments()
    assert [(item["DeploymentNumber"], item["Type"]) for item in listed] == [
        (5, "MANAGED"),
        (4, "MANAGED"),
        (3, "MANAGED"),
        (2, "MANAGED"),
        (1, "USER"),
    ]
    assert {item["ConfigurationVersion"] for item in listed} == {"1"}
    for number in (2, 3, 4, 5):
        deployment = lab.flags.deployment(number)
        assert "DeploymentStrategyId" not in deployment
        assert deployment["Description"] == f"For {lab.arn(definition, 1)}"
        assert (deployment["State"], deployment["PercentageComplete"]) == ("COMPLETE", 100.0)
        plan = ("DeploymentDurationInMinutes", "GrowthFactor", "GrowthType", "FinalBakeTimeInMinutes")
        assert [deployment[name] for name in plan] == [0, 100.0, "LINEAR", 0]
        assert [(event["EventType"], event["Description"]) for event in deployment["EventLog"]] == [
            ("DEPLOYMENT_COMPLETED", "Deployment completed instantly"),
            ("DEPLOYMENT_STARTED", "Deployment started"),
        ]
        assert [applied["ExtensionId"] for applied in deployment["AppliedExtensions"]] == ["AWS.AppConfig.FeatureFlags"]
    assert len(tenant.control.list_hosted_configuration_versions(**lab.flags.in_profile)["Items"]) == 1
    strategies = tenant.control.list_deployment_strategies()["Items"]
    assert "AppConfig.ServiceManaged" not in {strategy["Id"] for strategy in strategies}
    assert lab.flags.environment_state() == "ReadyForDeployment"


def test_events_tell_the_story_newest_first(tenant, lab):
    definition = lab.define()
    times = []

    def then(call, *given, **more):
        tenant.server.advance(60)
        times.append(instant(tenant.server))
        call(definition, *given, **more)

    then(lab.start, 10.0)
    then(lab.update, ExposurePercentage=20.0)
    then(lab.update, TreatmentOverrides={"Inline": {"tess": "t1", "carl": "c"}})
    then(lab.update, TreatmentOverrides={"Inline": {}})
    then(lab.stop)
    events = lab.events(definition)
    assert [event["EventType"] for event in events] == [
        "RUN_STOPPED",
        "OVERRIDES_UPDATED",
        "OVERRIDES_UPDATED",
        "EXPOSURE_UPDATED",
        "RUN_STARTED",
    ]
    assert [event["OccurredAt"] for event in events] == times[::-1]
    assert {event["TriggeredBy"] for event in events} == {"USER"}
    assert events[-1]["Description"] == "Experiment run started"
    assert all(event["Description"] for event in events)
    assert [event.get("ExposurePercentage") for event in events] == [None, None, None, 20.0, 10.0]
    assert events[2]["TreatmentOverrides"] == {"Inline": {"tess": "t1", "carl": "c"}}
    assert events[1]["TreatmentOverrides"] == {"Inline": {}}
    # As recorded, the start names no deployment.
    deployments = [event.get("AssociatedDeployment") for event in events]
    assert deployments == [lab.deployment_arn(number) for number in (6, 5, 4, 3)] + [None]


def test_exposure_only_grows(lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    assert lab.update(definition, ExposurePercentage=20.0)["ExposurePercentage"] == 20.0
    assert lab.update(definition, ExposurePercentage=100.0)["ExposurePercentage"] == 100.0
    for requested in (0.0, 99.5):
        assert_refused(
            "BadRequestException",
            f"Exposure percentage can only be increased. Current: 100.0%, Requested: {requested}%.",
            lab.update,
            definition=definition,
            ExposurePercentage=requested,
        )
    assert lab.control.get_experiment_run(**lab.of(definition, 1))["ExposurePercentage"] == 100.0
    # Another run begins anew.
    lab.stop(definition)
    assert lab.start(definition)["ExposurePercentage"] == 0.0


@pytest.mark.parametrize("exposure", [-0.5, 100.5])
def test_exposure_is_a_percentage(tenant, lab, exposure):
    definition = lab.define()
    lab.start(definition)
    for call, identity in (
        (tenant.unchecked.start_experiment_run, lab.of(definition)),
        (tenant.unchecked.update_experiment_run, lab.of(definition, 1)),
    ):
        assert_refused("BadRequestException", None, call, **identity, ExposurePercentage=exposure)


def test_one_attribute_of_the_deployment_is_updated_at_a_time(lab):
    definition = lab.define()
    lab.start(definition, 10.0)
    assert_refused(
        "BadRequestException",
        "1 validation error detected: Value 20.0 at 'exposurePercentage' failed to satisfy constraint: Only one"
        " deployment attribute can be updated per request",
        lab.update,
        definition=definition,
        ExposurePercentage=20.0,
        TreatmentOverrides={"Inline": {"tess": "t1"}},
    )
    assert len(lab.deployments()) == 2
    # A description goes along with one.
    updated = lab.update(definition, ExposurePercentage=20.0, Description="wider")
    assert (updated["ExposurePercentage"], updated["Description"]) == (20.0, "wider")


def test_overrides_are_replaced_whole_and_name_treatments(lab):
    definition = lab.define()
    lab.start(definition, TreatmentOverrides={"Inline": {"tess": "t1"}})
    updated = lab.update(definition, TreatmentOverrides={"Inline": {"carl": "c"}})
    assert updated["TreatmentOverrides"] == {"Inline": {"carl": "c"}}
    for call in (lab.update, lab.start):
        # To start it is refused for another reason, unless it is stopped first.
        if call == lab.start:
            lab.stop(definition)
        wrong = {"Inline": {"tess": "t9"}}
        assert_refused("BadRequestException", None, call, definition=definition, TreatmentOverrides=wrong)
    assert lab.status(definition) == "IDLE"


def test_at_most_32_entities_are_overridden(tenant, lab):
    definition = lab.define()
    lab.start(definition, TreatmentOverrides={"Inline": {f"entity {n}": "t1" for n in range(32)}})
    too_many = {"Inline": {f"entity {n}": "t1" for n in range(33)}}
    given = {**lab.of(definition, 1), "TreatmentOverrides": too_many}
    assert_refused("BadRequestException", None, tenant.unchecked.update_experiment_run, **given)


def test_a_run_ends_with_its_result(tenant, lab):
    definition = lab.define()
    lab.start(definition, 50.0)
    tenant.server.advance(HOUR)
    result = {"ExecutiveSummary": "Blue sells.", "ReasonsToLaunch": "More sales.", "ReasonsNotToLaunch": "It is blue."}
    stopped = lab.stop(definition, Result=result)
    now = instant(tenant.server)
    for answer in (stopped, lab.control.get_experiment_run(**lab.of(definition, 1))):
        assert (answer["Status"], answer["Result"]) == ("DONE", result)
        assert answer["EndedAt"] == answer["UpdatedAt"] == now
        assert answer["ExposurePercentage"] == 50.0
    assert lab.status(definition) == "IDLE"


def test_what_is_over_is_not_changed(lab):
    definition = lab.define()
    lab.start(definition)
    lab.stop(definition)
    assert_refused(
        "BadRequestException",
        f"Experiment run 1 for experiment definition {definition} is not running.",
        lab.stop,
        definition=definition,
    )
    for change in ({"ExposurePercentage": 50.0}, {"Description": "late"}, {"TreatmentOverrides": {"Inline": {}}}):
        assert_refused(
            "BadRequestException",
            f"Cannot update experiment run 1 for experiment definition {definition} because it is already terminal.",
            lab.update,
            definition=definition,
            **change,
        )
    assert len(lab.deployments()) == 3


# What can be started.


def test_one_run_of_a_definition_at_a_time(lab):
    definition = lab.define()
    lab.start(definition)
    message = f"Cannot start experiment definition {definition} with status ACTIVE."
    assert_refused("ConflictException", message, lab.start, definition=definition)


def test_one_experiment_on_a_flag_at_a_time(lab):
    one, two = lab.define("one"), lab.define("two")
    lab.start(one)
    assert_refused("ConflictException", None, lab.start, definition=two)
    assert lab.status(two) == "IDLE"
    lab.stop(one)
    assert lab.start(two)["Status"] == "RUNNING"


def test_what_is_archived_does_not_start(lab):
    definition = lab.define()
    lab.control.delete_experiment_definition(**lab.of(definition))
    message = f"Cannot start experiment definition {definition} with status ARCHIVED."
    assert_refused("ConflictException", message, lab.start, definition=definition)


def test_the_flag_has_to_be_deployed_in_the_environment(tenant, flags):
    lab = Lab(flags)
    definition = lab.define()
    assert_refused("BadRequestException", None, lab.start, definition=definition)
    number, _ = flags.author(DOCUMENT)
    assert_refused("BadRequestException", None, lab.start, definition=definition)
    flags.deploy_at_once(number)
    missing = lab.define("missing", "notThere")
    assert_refused("BadRequestException", None, lab.start, definition=missing)
    assert len(lab.deployments()) == 1
    assert lab.start(definition)["Status"] == "RUNNING"


@pytest.mark.parametrize(
    ("wrong", "constraint", "reason"),
    [
        ({"AudienceRule": "true"}, "RuleIsValid", "NotAnExpression"),
        ({"AudienceRule": '(nope $country "CZ")'}, "RuleIsValid", "UnknownSymbol"),
        ({"AudienceRule": "(eq $country)"}, "RuleIsValid", "TooFewOperands"),
        (
            {
                "Treatments": [
                    {
                        "Weight": 1.0,
                        "FlagValue": {"Enabled": True, "AttributeValues": {"color": {"StringValue": "red"}}},
                    }
                ]
            },
            "OneOf(blue, green)",
            None,
        ),
        (
            {
                "Control": {
                    "Weight": 1.0,
                    "FlagValue": {"Enabled": True, "AttributeValues": {"size": {"NumberValue": 10.0}}},
                }
            },
            "FloatLTE(9)",
            None,
        ),
    ],
)
def test_rule_and_values_have_to_fit_the_deployed_flag(lab, wrong, constraint, reason):
    definition = lab.define(**wrong)
    response = assert_refused(
        "BadRequestException",
        "Experiment definition produces invalid flag content. Ensure audience rule is valid and control, treatment flag"
        " values comply with the definition of flag 'checkout' deployed to environment"
        f" '{lab.flags.environment_id}' (configuration version '1').",
        lab.start,
        definition=definition,
    )
    details = response["Details"]["InvalidConfiguration"]
    assert response["Reason"] == "InvalidConfiguration"
    assert (constraint, reason) in {(detail["Constraint"], detail.get("Reason")) for detail in details}
    assert lab.status(definition) == "IDLE"
    assert len(lab.deployments()) == 1


def test_nothing_of_a_run_changes_while_a_deployment_is_on(tenant, lab):
    running, idle = lab.define("running"), lab.define("idle", "search")
    lab.start(running, 10.0)
    number, _ = lab.flags.author({**DOCUMENT, "values": {**DOCUMENT["values"], "search": {"enabled": True}}})
    deployment = lab.flags.start(tenant.strategy(duration=20, growth=50.0), number)
    assert deployment["DeploymentNumber"] == 3
    for call, given in (
        (lab.start, {"definition": idle}),
        (lab.update, {"definition": running, "ExposurePercentage": 20.0}),
        (lab.update, {"definition": running, "TreatmentOverrides": {"Inline": {"tess": "t1"}}}),
        (lab.stop, {"definition": running}),
    ):
        assert_refused("ConflictException", None, call, **given)
    # What needs no deployment works.
    assert lab.update(running, Description="waiting")["Description"] == "waiting"
    tenant.server.advance(HOUR)
    assert lab.stop(running)["Status"] == "DONE"


# Several at the same time.


def all_at_once(calls):
    """What became of each call: its answer, or the code of its refusal."""

    def outcome(call):
        try:
            return call()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(outcome, call) for call in calls]]


@pytest.mark.parametrize("servers", [1, 2])
def test_of_many_who_start_on_one_flag_one_does(own_server, servers):
    first = own_server()
    tenants = [Tenant(first)]
    if servers == 2:
        tenants.append(Tenant(own_server(beside=first), tenants[0].account))
    flags = FlagChannel(tenants[0])
    flags.release(DOCUMENT)
    lab = Lab(flags)
    definitions = [lab.define(f"number {n}") for n in range(6)]
    started = all_at_once(
        [
            lambda n=n, each=each: tenants[n % servers].control.start_experiment_run(**lab.of(each))["Status"]
            for n, each in enumerate(definitions)
        ]
    )
    assert sorted(started) == ["ConflictException"] * 5 + ["RUNNING"]
    assert sorted(map(lab.status, definitions)) == ["ACTIVE"] + ["IDLE"] * 5
    assert len(lab.deployments()) == 2


def test_exposure_does_not_shrink_whoever_comes_late(lab):
    definition = lab.define()
    lab.start(definition)
    wanted = [10.0, 90.0, 30.0, 70.0, 50.0, 20.0]
    done = all_at_once([lambda each=each: lab.update(definition, ExposurePercentage=each) for each in wanted])
    assert all(isinstance(answer, dict) or answer == "BadRequestException" for answer in done)
    story = [event["ExposurePercentage"] for event in reversed(lab.events(definition))]
    assert story == sorted(story) and story[-1] == 90.0
    assert [item["DeploymentNumber"] for item in lab.deployments()] == list(range(len(story) + 1, 0, -1))


# Extensions.


def test_extensions_hear_of_the_deployments_of_a_run(tenant, lab, webhook):
    extension = extend(
        tenant, "watch", {point: webhook.url("told") for point in ("ON_DEPLOYMENT_START", "ON_DEPLOYMENT_COMPLETE")}
    )
    associate(tenant, extension, arns(lab.flags)["profile"])
    definition = lab.define()
    lab.start(definition, 10.0)
    calls = webhook.wait_for("told", 2)
    assert {call.body["Type"] for call in calls} == {"OnDeploymentStart", "OnDeploymentComplete"}
    assert {call.body["DeploymentNumber"] for call in calls} == {2}
    applied = {each["ExtensionId"] for each in lab.flags.deployment(2)["AppliedExtensions"]}
    assert applied == {extension, "AWS.AppConfig.FeatureFlags"}


# What the agent reads.


def arms(lab, definition, t1, c_from, c_to, audience=AUDIENCE):
    """The two arms of a run as the agent reads them, and the flag as it is deployed."""
    seed = lab.seed(definition)

    def split(pct):
        return f'(split pct::{pct} by::$entityId seed::"{seed}")'

    here = f'(exists key::"entityId") {audience}'
    return [
        ("__t1__", f"(and {here} {split(t1)})", {"_variant": "__t1__", "color": "blue", "enabled": True}),
        ("__c__", f"(and {here} (and {split(c_to)} (not {split(c_from)})))", {"_variant": "__c__", "enabled": False}),
        {"_variant": "__default__", **CHECKOUT},
    ]


def test_exposure_widens_the_arms_from_where_they_begin(lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    flags, experiments = lab.read()
    assert flags["checkout"] == arms(lab, definition, 10, 50, 60)
    assert flags["search"] == {"enabled": False}
    assert flags["tiered"] == [
        ("gold", '(eq $tier "gold")', {"_variant": "gold", "enabled": True}),
        {"_variant": "rest", "enabled": False},
    ]
    assert experiments == f"checkout={lab.arn(definition, 1)}|t1=__t1__,c=__c__"
    lab.update(definition, ExposurePercentage=40.0)
    assert lab.read()[0]["checkout"] == arms(lab, definition, 20, 50, 70)
    lab.update(definition, ExposurePercentage=100.0)
    assert lab.read()[0]["checkout"] == arms(lab, definition, 50, 50, 100)


def test_nobody_is_in_a_run_without_exposure_but_who_is_overridden(lab):
    definition = lab.define()
    lab.start(definition, TreatmentOverrides={"Inline": {"tess": "t1", 'carl "c"': "c", "tom": "t1"}})
    control, treatment, *rest = lab.read()[0]["checkout"]
    assert control == (
        "__c_override__",
        '(in $entityId ["carl \\"c\\""])',
        {"_variant": "__c_override__", "enabled": False},
    )
    assert treatment == (
        "__t1_override__",
        '(in $entityId ["tess", "tom"])',
        {"_variant": "__t1_override__", "color": "blue", "enabled": True},
    )
    assert rest == arms(lab, definition, 0, 50, 50)
    lab.update(definition, TreatmentOverrides={"Inline": {}})
    assert lab.read()[0]["checkout"] == arms(lab, definition, 0, 50, 50)


def test_three_arms_lie_one_after_another(lab):
    definition = lab.define(
        Treatments=[{"Weight": 20.0, "FlagValue": BLUE}, {"Weight": 30.0, "FlagValue": OFF}],
        Control={"Weight": 50.0, "FlagValue": {"Enabled": True}},
    )
    lab.start(definition, 50.0)
    flags, experiments = lab.read()
    assert [name for name, *_ in flags["checkout"][:-1]] == ["__t1__", "__t2__", "__c__"]
    pcts = [re.findall(r"pct::(\S+)", rule) for _, rule, _ in flags["checkout"][:-1]]
    assert pcts == [["10"], ["35", "20"], ["75", "50"]]
    assert experiments.endswith("|t1=__t1__,t2=__t2__,c=__c__")


def test_attributes_of_all_kinds_reach_the_agent(lab):
    values = {
        "color": {"StringValue": "blue"},
        "size": {"NumberValue": 4.0},
        "fast": {"BooleanValue": False},
        "steps": {"StringArray": ["cart", "pay"]},
        "limits": {"NumberArray": [1.0, 2.5]},
    }
    flag_value = {"Enabled": True, "AttributeValues": values}
    definition = lab.define(Treatments=[{"Weight": 50.0, "FlagValue": flag_value}])
    lab.start(definition, 100.0)
    (_, _, content), *_ = lab.read()[0]["checkout"]
    assert content == {
        "_variant": "__t1__",
        "enabled": True,
        "color": "blue",
        "size": 4,
        "fast": False,
        "steps": ["cart", "pay"],
        "limits": [1, 2.5],
    }
    assert isinstance(content["size"], int)


def test_arms_end_between_whole_percentages_too(lab):
    definition = lab.define()
    lab.start(definition, 33.0)
    assert lab.read()[0]["checkout"] == arms(lab, definition, 16.5, 50, 66.5)


def test_a_reverted_deployment_of_a_run_leaves_the_run_as_it_is(lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    assert lab.flags.stop(2, AllowRevert=True)["State"] == "REVERTED"
    assert lab.status(definition) == "ACTIVE"
    assert lab.read()[0]["checkout"] == arms(lab, definition, 10, 50, 60)
    lab.stop(definition)
    assert lab.read()[0]["checkout"] == CHECKOUT


def test_a_run_can_be_stopped_when_all_that_it_was_about_is_reverted(lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    for number in (2, 1):
        assert lab.flags.stop(number, AllowRevert=True)["State"] == "REVERTED"
    assert lab.stop(definition)["Status"] == "DONE"
    assert lab.status(definition) == "IDLE"
    assert len(lab.deployments()) == 2
    assert "AssociatedDeployment" not in lab.events(definition)[0]


def test_a_rule_of_many_lines_with_a_comment_is_no_trouble(lab):
    definition = lab.define(AudienceRule='(eq $country "CZ") // home')
    lab.start(definition, 20.0)
    assert lab.read()[0]["checkout"] == arms(lab, definition, 10, 50, 60)


def test_a_flag_without_variants_makes_ion_while_it_is_in_an_experiment(tenant, flags):
    flags.release({"version": "1", "values": {"search": {"enabled": True}}})
    lab = Lab(flags)
    definition = lab.define(flag="search", Treatments=[{"Weight": 1.0, "FlagValue": OFF}])
    reader = flags.open_reader()
    seen = [reader.answer()["ContentType"]]
    for change in (lab.start, lab.stop):
        change(definition)
        tenant.server.advance(15)
        seen.append(reader.answer()["ContentType"])
    assert seen == [JSON, ION, JSON]
    assert lab.read() == ({"search": {"enabled": True}}, None)


def test_after_the_run_the_flag_is_as_deployed(lab):
    before = lab.read()
    definition = lab.define()
    lab.start(definition, 100.0)
    assert lab.read() != before
    lab.stop(definition)
    assert lab.read() == before
    assert before[0]["checkout"] == CHECKOUT


def test_json_readers_see_no_experiment(tenant, lab):
    reader = lab.flags.open_reader(accept=None)
    before = reader.poll()
    definition = lab.define()
    for change in (
        lambda: lab.start(definition, 100.0),
        lambda: lab.update(definition, TreatmentOverrides={"Inline": {"tess": "t1"}}),
        lambda: lab.stop(definition),
    ):
        change()
        tenant.server.advance(15)
        answer = reader.answer()
        assert answer["Configuration"] == b"", "there is no news for it"
        assert "experiment-flags" not in answer["Headers"]
        assert lab.flags.open_reader(accept=None).poll() == before


def test_the_agent_hears_of_each_change_once(tenant, lab):
    definition = lab.define()
    reader = lab.flags.open_reader()
    reader.poll()
    for change in (
        lambda: lab.start(definition, 10.0),
        lambda: lab.update(definition, ExposurePercentage=20.0),
        lambda: lab.update(definition, TreatmentOverrides={"Inline": {"tess": "t1"}}),
        lambda: lab.stop(definition),
    ):
        change()
        tenant.server.advance(15)
        assert reader.poll() != b""
        tenant.server.advance(15)
        assert reader.poll() == b""
    lab.define("another")
    tenant.server.advance(15)
    assert reader.poll() == b""


def test_two_runs_are_on_different_flags_of_one_profile(lab):
    one = lab.define("one")
    two = lab.define("two", "search")
    lab.start(one, 20.0)
    lab.start(two, 100.0)
    flags, experiments = lab.read()
    assert flags["checkout"] == arms(lab, one, 10, 50, 60)
    assert lab.seed(two) in flags["search"][0][1]
    assert flags["search"][-1] == {"_variant": "__default__", "enabled": False}
    assert set(experiments.split(";")) == {
        f"checkout={lab.arn(one, 1)}|t1=__t1__,c=__c__",
        f"search={lab.arn(two, 1)}|t1=__t1__,c=__c__",
    }
    lab.stop(one)
    flags, experiments = lab.read()
    assert flags["checkout"] == CHECKOUT
    assert experiments == f"search={lab.arn(two, 1)}|t1=__t1__,c=__c__"


def test_a_flag_with_variants_keeps_them_behind_the_arms(lab):
    definition = lab.define(flag="tiered")
    lab.start(definition, 100.0)
    *first, gold, rest = lab.read()[0]["tiered"]
    assert [name for name, *_ in first] == ["__t1__", "__c__"]
    assert gold == ("gold", '(eq $tier "gold")', {"_variant": "gold", "enabled": True})
    assert rest["enabled"] is False


def test_the_next_run_splits_anew(lab):
    definition = lab.define()
    for run in (1, 2):
        lab.start(definition, 20.0)
        assert lab.seed(definition, run) in lab.read()[0]["checkout"][0][1]
        lab.stop(definition, run)


def test_an_experiment_goes_on_over_a_deployment(tenant, lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    changed = {**DOCUMENT["values"], "checkout": {"enabled": False}, "search": {"enabled": True}}
    lab.flags.release({**DOCUMENT, "values": changed})
    flags, experiments = lab.read()
    assert flags["checkout"][:2] == arms(lab, definition, 10, 50, 60)[:2]
    assert flags["checkout"][2] == {"_variant": "__default__", "enabled": False}
    assert flags["search"] == {"enabled": True}
    assert lab.arn(definition, 1) in experiments
    # The deployments of the run are of the new version from now on.
    lab.update(definition, ExposurePercentage=40.0)
    assert lab.deployments()[0]["ConfigurationVersion"] == "2"
    assert lab.read()[0]["search"] == {"enabled": True}


def test_a_rollout_has_the_experiment_on_both_sides(tenant, lab):
    definition = lab.define()
    lab.start(definition, 20.0)
    number, _ = lab.flags.author({**DOCUMENT, "values": {**DOCUMENT["values"], "search": {"enabled": True}}})
    deployment = lab.flags.start(tenant.strategy(duration=20, growth=50.0, bake=10), number)
    tenant.server.advance(7 * MINUTE)
    seen = [lab.read()[0] for _ in range(30)]
    assert {flags["search"]["enabled"] for flags in seen} == {True, False}
    assert all(flags["checkout"] == arms(lab, definition, 10, 50, 60) for flags in seen)
    lab.flags.stop(deployment["DeploymentNumber"])
    assert lab.read()[0]["search"] == {"enabled": False}
    assert lab.read()[0]["checkout"] == arms(lab, definition, 10, 50, 60)


def test_what_an_experiment_is_about_may_be_deployed_away_and_back(lab):
    one, two = lab.define("one"), lab.define("two", "search")
    lab.start(one, 20.0)
    lab.start(two, 20.0)
    without = {key: value for key, value in DOCUMENT["values"].items() if key != "checkout"}
    lab.flags.release({**DOCUMENT, "values": without})
    flags, experiments = lab.read()
    assert "checkout" not in flags
    assert experiments == f"search={lab.arn(two, 1)}|t1=__t1__,c=__c__"
    lab.flags.release(DOCUMENT)
    flags, experiments = lab.read()
    assert flags["checkout"] == arms(lab, one, 10, 50, 60)
    assert experiments.count(";") == 1
    assert lab.stop(one)["Status"] == "DONE"


def test_an_experiment_is_of_its_environment(tenant, lab):
    other = tenant.control.create_environment(ApplicationId=lab.flags.application_id, Name="test")["Id"]
    tenant.control.start_deployment(
        **lab.flags.in_profile, EnvironmentId=other, DeploymentStrategyId=tenant.strategy(), ConfigurationVersion="1"
    )
    definition = lab.define()
    lab.start(definition, 100.0)
    started = tenant.data.start_configuration_session(
        ApplicationIdentifier="shop", EnvironmentIdentifier="test", ConfigurationProfileIdentifier="flags"
    )
    answer = Reader(tenant, started["InitialConfigurationToken"], AGENT_ACCEPT)
    assert answer.read()["checkout"] == CHECKOUT
    deployments = tenant.control.list_deployments(ApplicationId=lab.flags.application_id, EnvironmentId=other)["Items"]
    assert len(deployments) == 1


def test_experiments_outlast_a_restart(own_server):
    server = own_server()
    tenant = Tenant(server)
    flags = FlagChannel(tenant)
    flags.release(DOCUMENT)
    lab = Lab(flags)
    definition = lab.define()
    lab.start(definition, 20.0, TreatmentOverrides={"Inline": {"tess": "t1"}})
    before = lab.read()
    run = without_metadata(lab.control.get_experiment_run(**lab.of(definition, 1)))
    server.kill()
    server.start()
    tenant = Tenant(server, tenant.account)
    flags.tenant = tenant
    lab.control = tenant.control
    assert lab.read() == before
    assert without_metadata(lab.control.get_experiment_run(**lab.of(definition, 1))) == run
    lab.update(definition, ExposurePercentage=40.0)
    lab.stop(definition)
    assert lab.read()[0]["checkout"] == CHECKOUT


# Deleting.


def test_archiving_keeps_a_definition_readable(tenant, lab):
    definition = lab.define()
    lab.start(definition)
    lab.stop(definition)
    for how in ({}, {"DeleteType": "ARCHIVE"}):
        assert status_of(lab.control.delete_experiment_definition(**lab.of(definition), **how)) == 204
        assert lab.status(definition) == "ARCHIVED"
    assert lab.control.get_experiment_run(**lab.of(definition, 1))["Status"] == "DONE"
    assert len(lab.events(definition)) == 2
    assert_refused(
        "ConflictException",
        f"Cannot update experiment definition {definition} with status ARCHIVED.",
        lab.control.update_experiment_definition,
        **lab.of(definition),
        Hypothesis="new",
    )


def test_destroying_takes_the_runs_along(lab):
    definition = lab.define()
    lab.start(definition)
    lab.stop(definition)
    deleted = lab.control.delete_experiment_definition(**lab.of(definition), DeleteType="DESTROY")
    assert status_of(deleted) == 204
    for call, identity in (
        (lab.control.get_experiment_definition, lab.of(definition)),
        (lab.control.list_experiment_runs, lab.of(definition)),
        (lab.control.get_experiment_run, lab.of(definition, 1)),
        (lab.control.delete_experiment_definition, lab.of(definition)),
    ):
        assert_refused("ResourceNotFoundException", None, call, **identity)
    assert lab.control.list_experiment_definitions()["Items"] == []
    # The name is free, and the deployments are history.
    assert lab.define() != definition
    assert len(lab.deployments()) == 3


def test_an_archived_definition_can_be_destroyed(lab):
    definition = lab.define()
    lab.control.delete_experiment_definition(**lab.of(definition))
    lab.control.delete_experiment_definition(**lab.of(definition), DeleteType="DESTROY")
    assert lab.control.list_experiment_definitions()["Items"] == []


@pytest.mark.parametrize("how", [{}, {"DeleteType": "DESTROY"}])
def test_what_runs_is_not_deleted(lab, how):
    definition = lab.define()
    lab.start(definition)
    message = f"Experiment definition {definition} cannot be deleted while an experiment is running."
    assert_refused(
        "BadRequestException", message, lab.control.delete_experiment_definition, **lab.of(definition), **how
    )


def test_environment_and_profile_wait_for_their_experiments_to_be_put_away(tenant, lab):
    definition = lab.define()
    environment, profile = lab.flags.in_environment, lab.flags.in_profile
    tenant.control.delete_hosted_configuration_version(**profile, VersionNumber=1)
    assert_refused(
        "BadRequestException",
        f"Cannot delete environment {lab.flags.environment_id}, because there are non-archived experiment definitions"
        " associated with it.",
        tenant.control.delete_environment,
        **environment,
    )
    assert_refused("BadRequestException", None, tenant.control.delete_configuration_profile, **profile)
    lab.control.delete_experiment_definition(**lab.of(definition))
    assert status_of(tenant.control.delete_environment(**environment)) == 204
    assert status_of(tenant.control.delete_configuration_profile(**profile)) == 204
    # It stays readable, and holds its application.
    assert lab.status(definition) == "ARCHIVED"
    assert names(lab.control.list_experiment_definitions()) == ["try"]
    assert_refused(
        "BadRequestException",
        f"Cannot delete application {lab.flags.application_id}, because there are still experiment definitions existing"
        " under it.",
        tenant.control.delete_application,
        ApplicationId=lab.flags.application_id,
    )
    lab.control.delete_experiment_definition(**lab.of(definition), DeleteType="DESTROY")
    assert status_of(tenant.control.delete_application(ApplicationId=lab.flags.application_id)) == 204


# Tags.


def test_definitions_runs_and_their_deployments_have_tags(tenant, lab):
    def tags(arn):
        return tenant.control.list_tags_for_resource(ResourceArn=arn)["Tags"]

    definition = lab.define(Tags={"team": "growth"})
    lab.start(definition, Tags={"kind": "run"}, DeploymentParameters={"Tags": {"kind": "deployment"}})
    arn, run_arn = lab.arn(definition), lab.arn(definition, 1)
    assert tags(arn) == {"team": "growth"}
    assert tags(run_arn) == {"kind": "run"}
    assert tags(lab.deployment_arn(2)) == {"kind": "deployment"}
    for each in (arn, run_arn):
        tenant.control.tag_resource(ResourceArn=each, Tags={"more": "yes"})
        assert tags(each)["more"] == "yes"
        tenant.control.untag_resource(ResourceArn=each, TagKeys=["more"])
        assert "more" not in tags(each)
    lab.stop(definition)
    lab.control.delete_experiment_definition(**lab.of(definition), DeleteType="DESTROY")
    for each in (arn, run_arn):
        assert (
            refusal(tenant.control.list_tags_for_resource, ResourceArn=each)["Error"]["Code"]
            == "ResourceNotFoundException"
        )


def test_tags_of_aws_are_not_given(lab):
    given = lab.definition_given(Tags={"aws:team": "x"})
    assert_refused("BadRequestException", None, lab.control.create_experiment_definition, **given)


def test_an_account_sees_its_own_experiments_only(tenant, lab):
    definition = lab.define()
    stranger = Tenant(tenant.server)
    assert_refused("ResourceNotFoundException", None, stranger.control.get_experiment_definition, **lab.of(definition))
    assert stranger.control.list_experiment_definitions()["Items"] == []
