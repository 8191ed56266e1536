// AWS's JavaScript SDK reads feature flags and an experiment: values in JSON, and Ion for who asks for it.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import {
  BadRequestException,
  CreateApplicationCommand,
  CreateConfigurationProfileCommand,
  CreateDeploymentStrategyCommand,
  CreateEnvironmentCommand,
  CreateExperimentDefinitionCommand,
  CreateHostedConfigurationVersionCommand,
  GetExperimentDefinitionCommand,
  StartDeploymentCommand,
  StartExperimentRunCommand,
  StopExperimentRunCommand,
  paginateListExperimentRunEvents,
} from "@aws-sdk/client-appconfig";
import { GetLatestConfigurationCommand, StartConfigurationSessionCommand } from "@aws-sdk/client-appconfigdata";

import { Server } from "../server.mjs";

const ION = "application/ion; type=AWS.AppConfig.FeatureFlags";
const FLAGS = {
  version: "1",
  flags: { banner: { name: "Banner", attributes: { text: { constraints: { type: "string" } } } } },
  values: {
    banner: { enabled: true, text: "hello" },
    checkout: {
      _variants: [
        { name: "gold", enabled: true, rule: '(eq $tier "gold")' },
        { name: "rest", enabled: false },
      ],
    },
    search: { enabled: false },
  },
};
const SERVED = {
  banner: { enabled: true, text: "hello" },
  checkout: { _variant: "rest", enabled: false },
  search: { enabled: false },
};

let server;
let accounts = 420000000000;
let account, control, data;

before(async () => {
  server = await Server.start();
});

after(async () => {
  await server?.stop();
});

beforeEach(() => {
  account = String(++accounts);
  control = server.control(account);
  data = server.data(account);
});

afterEach((context) => {
  if (context.passed === false) server.showLogAtTheEnd();
});

function author(shop, document) {
  const { ApplicationId, ConfigurationProfileId } = shop;
  const Content = JSON.stringify(document);
  return control.send(
    new CreateHostedConfigurationVersionCommand({
      ApplicationId,
      ConfigurationProfileId,
      Content,
      ContentType: "application/json",
    }),
  );
}

async function openShop() {
  const { Id: ApplicationId } = await control.send(new CreateApplicationCommand({ Name: "shop" }));
  const { Id: EnvironmentId } = await control.send(new CreateEnvironmentCommand({ ApplicationId, Name: "live" }));
  const { Id: ConfigurationProfileId } = await control.send(
    new CreateConfigurationProfileCommand({
      ApplicationId,
      Name: "flags",
      LocationUri: "hosted",
      Type: "AWS.AppConfig.FeatureFlags",
    }),
  );
  const shop = { ApplicationId, EnvironmentId, ConfigurationProfileId };
  await author(shop, FLAGS);
  const strategy = await control.send(
    new CreateDeploymentStrategyCommand({
      Name: "at once",
      DeploymentDurationInMinutes: 0,
      GrowthFactor: 100,
      FinalBakeTimeInMinutes: 0,
      ReplicateTo: "NONE",
    }),
  );
  await control.send(
    new StartDeploymentCommand({ ...shop, DeploymentStrategyId: strategy.Id, ConfigurationVersion: "1" }),
  );
  return shop;
}

async function startSession() {
  const started = await data.send(
    new StartConfigurationSessionCommand({
      ApplicationIdentifier: "shop",
      EnvironmentIdentifier: "live",
      ConfigurationProfileIdentifier: "flags",
      RequiredMinimumPollIntervalInSeconds: 15,
    }),
  );
  return { token: started.InitialConfigurationToken };
}

// Polls once, as who accepts these types; gives the content's type and bytes, and the header about experiments.
async function poll(session, accept) {
  const command = new GetLatestConfigurationCommand({ ConfigurationToken: session.token });
  let headers;
  command.middlewareStack.add(
    (next) => async (request) => {
      if (accept) request.request.headers.accept = accept;
      const answer = await next(request);
      headers = answer.response.headers;
      return answer;
    },
    { step: "build", name: "acceptTypes" },
  );
  const answer = await data.send(command);
  session.token = answer.NextPollConfigurationToken;
  const bytes = Buffer.from(answer.Configuration ?? []);
  return { type: answer.ContentType, bytes, experiments: headers["experiment-flags"] };
}

describe("feature flags", () => {
  it("are read as values, and only once while nothing changes", async () => {
    await openShop();
    const session = await startSession();
    const first = await poll(session);
    assert.equal(first.type, "application/json");
    assert.deepEqual(JSON.parse(first.bytes), SERVED);
    await server.advance(15);
    assert.equal((await poll(session)).bytes.length, 0);
  });

  it("are read in binary Ion by who asks for it", async () => {
    await openShop();
    const session = await startSession();
    const ion = await poll(session, "application/ion;type=AWS.AppConfig.FeatureFlags;q=1.0,*/*;q=0.1");
    assert.equal(ion.type, ION);
    assert.deepEqual([...ion.bytes.subarray(0, 4)], [0xe0, 0x01, 0x00, 0xea]);
    await server.advance(15);
    assert.deepEqual(JSON.parse((await poll(session)).bytes), SERVED);
  });

  it("are refused with what is wrong and where", async () => {
    const shop = await openShop();
    await assert.rejects(author(shop, { version: "1", values: { search: { enabled: "maybe" } } }), (error) => {
      assert.ok(error instanceof BadRequestException);
      assert.equal(error.Reason, "InvalidConfiguration");
      assert.deepEqual(error.Details.InvalidConfiguration, [
        { Constraint: "AttributeType(boolean)", Location: "values.search.enabled", Type: "Invalid", Value: "maybe" },
      ]);
      return true;
    });
  });
});

describe("an experiment", () => {
  it("is seen by who reads Ion, and by nobody after its end", async () => {
    const { ApplicationId, EnvironmentId, ConfigurationProfileId } = await openShop();
    const made = await control.send(
      new CreateExperimentDefinitionCommand({
        ApplicationIdentifier: ApplicationId,
        EnvironmentIdentifier: EnvironmentId,
        ConfigurationProfileIdentifier: ConfigurationProfileId,
        Name: "try",
        FlagKey: "banner",
        AudienceRule: '(eq $country "CZ")',
        Treatments: [
          { Weight: 50, FlagValue: { Enabled: true, AttributeValues: { text: { StringValue: "ahoj" } } } },
        ],
        Control: { Weight: 50, FlagValue: { Enabled: false } },
      }),
    );
    const definition = { ApplicationIdentifier: ApplicationId, ExperimentDefinitionIdentifier: made.Id };
    const run = await control.send(new StartExperimentRunCommand({ ...definition, ExposurePercentage: 20 }));
    assert.deepEqual([run.Run, run.Status, run.ExposurePercentage], [1, "RUNNING", 20]);
    assert.deepEqual(run.ExperimentDefinitionSnapshot.Treatments[0].FlagValue.AttributeValues, {
      text: { StringValue: "ahoj" },
    });

    const session = await startSession();
    const ion = await poll(session, ION);
    const arn =
      `arn:aws:appconfig:eu-west-1:${account}:application/${ApplicationId}` +
      `/experimentdefinition/${made.Id}/experimentrun/1`;
    assert.equal(ion.experiments, `banner=${arn}|t1=__t1__,c=__c__`);
    assert.ok(ion.bytes.includes('{"_variant":"__t1__","enabled":true,"text":"ahoj"}'));
    assert.ok(ion.bytes.includes(`${account}:${ApplicationId}:${made.Id}:1`));
    assert.deepEqual(JSON.parse((await poll(await startSession())).bytes), SERVED);

    await control.send(new StopExperimentRunCommand({ ...definition, Run: 1, Result: { ExecutiveSummary: "Hello." } }));
    assert.equal((await control.send(new GetExperimentDefinitionCommand(definition))).Status, "IDLE");
    await server.advance(15);
    const after = await poll(session, ION);
    assert.equal(after.experiments, undefined);
    assert.ok(!after.bytes.includes("__t1__"));

    const events = [];
    const wanted = { ...definition, Run: 1 };
    for await (const page of paginateListExperimentRunEvents({ client: control, pageSize: 1 }, wanted)) {
      events.push(...page.Items.map((event) => event.EventType));
    }
    assert.deepEqual(events, ["RUN_STOPPED", "RUN_STARTED"]);
  });
});
