"""The AWS CLI, with nothing set but an address and any credentials. What the README shows is in test_documents.py."""

from harness import MINUTE


def test_from_nothing_to_a_running_client(tenant, aws, tmp_path):
    (tmp_path / "theme.json").write_text('{"colour": "sand"}')

    application = aws("appconfig create-application --name shop")
    assert set(application) == {"Id", "Name"}
    in_application = f"--application-id {application['Id']}"
    environment = aws(f"appconfig create-environment {in_application} --name live")
    assert environment["State"] == "ReadyForDeployment"
    profile = aws(f"appconfig create-configuration-profile {in_application} --name theme --location-uri hosted")
    version = aws(
        f"appconfig create-hosted-configuration-version {in_application} --configuration-profile-id {profile['Id']}"
        " --content fileb://theme.json --content-type application/json --version-label first stored.json"
    )
    assert (version["VersionNumber"], version["VersionLabel"]) == (1, "first")
    assert (tmp_path / "stored.json").read_text() == '{"colour": "sand"}'
    strategy = aws(
        "appconfig create-deployment-strategy --name 'by halves' --deployment-duration-in-minutes 30"
        " --growth-factor 50 --final-bake-time-in-minutes 10 --replicate-to NONE"
    )
    assert strategy["GrowthType"] == "LINEAR"

    by_name = "--application-id shop --environment-id live"
    deployment = aws(
        f"appconfig start-deployment {by_name} --configuration-profile-id theme --configuration-version first"
        f" --deployment-strategy-id {strategy['Id']}"
    )
    assert (deployment["DeploymentNumber"], deployment["State"]) == (1, "DEPLOYING")
    tenant.server.advance(25 * MINUTE)
    running = aws(f"appconfig get-deployment {by_name} --deployment-number 1")
    assert (running["State"], running["PercentageComplete"]) == ("DEPLOYING", 100.0)
    tenant.server.advance(20 * MINUTE)
    aws(f"appconfig wait deployment-complete {by_name} --deployment-number 1")
    aws(f"appconfig wait environment-ready-for-deployment {by_name}")

    session = aws(
        "appconfigdata start-configuration-session --application-identifier shop --environment-identifier live"
        " --configuration-profile-identifier theme"
    )
    poll = "appconfigdata get-latest-configuration --configuration-token"
    answer = aws(f"{poll} {session['InitialConfigurationToken']} received.json")
    assert (tmp_path / "received.json").read_text() == '{"colour": "sand"}'
    assert (answer["ContentType"], answer["VersionLabel"]) == ("application/json", "first")
    assert answer["NextPollIntervalInSeconds"] == 60
    tenant.server.advance(60)
    aws(f"{poll} {answer['NextPollConfigurationToken']} again.json")
    assert (tmp_path / "again.json").read_bytes() == b""

    for command, name in (
        ("list-applications", "shop"),
        ("list-environments --application-id shop", "live"),
        ("list-configuration-profiles --application-id shop", "theme"),
        ("list-deployment-strategies", "by halves"),
    ):
        assert aws(f"appconfig {command}")["Items"][0]["Name"] == name
    versions = aws(
        "appconfig list-hosted-configuration-versions --application-id shop --configuration-profile-id theme"
    )
    assert versions["Items"][0]["VersionLabel"] == "first"
    deployments = aws(f"appconfig list-deployments {by_name}")
    assert deployments["Items"][0]["State"] == "COMPLETE"


def test_get_configuration_the_old_way(channel, aws, tmp_path):
    channel.publish(b"content")
    got = aws(
        "appconfig get-configuration --application shop --environment live --configuration theme --client-id me out"
    )
    assert (got["ConfigurationVersion"], (tmp_path / "out").read_bytes()) == ("1", b"content")


def test_lists_are_paged_by_the_cli(tenant, aws):
    for number in range(5):
        tenant.application(f"application {number}")
    items = aws("appconfig list-applications --page-size 2")["Items"]
    assert len({item["Id"] for item in items}) == 5
    first = aws("appconfig list-applications --page-size 2 --max-items 3")
    rest = aws(f"appconfig list-applications --page-size 2 --starting-token {first['NextToken']}")
    assert len({item["Id"] for item in first["Items"] + rest["Items"]}) == 5


def test_a_stop_and_a_failed_wait(tenant, channel, aws):
    channel.put()
    channel.start(tenant.strategy(duration=20, growth=25.0), 1)
    deployment = "--application-id shop --environment-id live --deployment-number 1"
    assert aws(f"appconfig stop-deployment {deployment}")["State"] == "ROLLED_BACK"
    said = aws(f"appconfig wait deployment-complete {deployment}", fails=True)
    assert "terminal failure state" in said


def test_a_refusal_is_shown_with_its_name_and_text(tenant, aws):
    said = aws("appconfig get-application --application-id zzzzzzz", fails=True)
    assert "(ResourceNotFoundException)" in said
    assert f"Application with Id zzzzzzz could not be found for account {tenant.account}." in said


def test_updates_and_deletions(channel, aws):
    assert aws("appconfig update-application --application-id shop --name store")["Name"] == "store"
    environment = "--application-id store --environment-id live"
    assert aws(f"appconfig update-environment {environment} --description x")["Description"] == "x"
    aws(f"appconfig delete-environment {environment}")
    aws("appconfig delete-configuration-profile --application-id store --configuration-profile-id theme")
    strategy = channel.tenant.strategy()
    aws(f"appconfig delete-deployment-strategy --deployment-strategy-id {strategy}")
    aws("appconfig delete-application --application-id store")
    assert aws("appconfig list-applications")["Items"] == []
