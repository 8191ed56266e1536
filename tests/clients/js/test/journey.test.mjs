// AWS's JavaScript SDK against the built binary: create, deploy by and by, poll through the change, stop, read the errors.
//
// Run it alone, from the repository's root, after `cargo build`:
//
//   cd tests/clients/js && npm ci && TIDEGATE_BIN=../../../target/debug/tidegate npm test
//
// The server runs with a manual clock, so nothing here waits for a rollout.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import {
  AppConfigServiceException,
  BadRequestException as ControlBadRequest,
  ConflictException,
  CreateApplicationCommand,
  CreateConfigurationProfileCommand,
  CreateDeploymentStrategyCommand,
  CreateEnvironmentCommand,
  CreateHostedConfigurationVersionCommand,
  DeleteApplicationCommand,
  GetApplicationCommand,
  GetDeploymentCommand,
  GetEnvironmentCommand,
  GetHostedConfigurationVersionCommand,
  ListApplicationsCommand,
  PayloadTooLargeException,
  ResourceNotFoundException as ControlNotFound,
  StartDeploymentCommand,
  StopDeploymentCommand,
  UpdateApplicationCommand,
  paginateListApplications,
  paginateListDeploymentStrategies,
  paginateListDeployments,
  paginateListHostedConfigurationVersions,
  waitUntilDeploymentComplete,
  waitUntilEnvironmentReadyForDeployment,
} from "@aws-sdk/client-appconfig";
import {
  BadRequestException,
  GetLatestConfigurationCommand,
  ResourceNotFoundException,
  StartConfigurationSessionCommand,
} from "@aws-sdk/client-appconfigdata";

import { Server } from "../server.mjs";

const FIRST = JSON.stringify({ theme: "sand" });
const SECOND = JSON.stringify({ theme: "sea" });

let server;
let accounts = 410000000000;
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

// Calls that must be refused give the refusal.
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("the call was not refused");
}

async function openShop() {
  const application = await control.send(new CreateApplicationCommand({ Name: "shop" }));
  const ApplicationId = application.Id;
  const environment = await control.send(new CreateEnvironmentCommand({ ApplicationId, Name: "live" }));
  assert.equal(environment.State, "ReadyForDeployment");
  const profile = await control.send(
    new CreateConfigurationProfileCommand({ ApplicationId, Name: "theme", LocationUri: "hosted" }),
  );
  const shop = { ApplicationId, EnvironmentId: environment.Id, ConfigurationProfileId: profile.Id };
  await put(shop, FIRST, "first");
  const atOnce = await strategy("at once", { duration: 0, growth: 100, bake: 0 });
  const deployment = await deploy(shop, atOnce, "1");
  assert.equal(deployment.State, "COMPLETE");
  assert.ok(deployment.CompletedAt instanceof Date);
  return shop;
}

async function put(shop, content, label) {
  const { ApplicationId, ConfigurationProfileId } = shop;
  const version = await control.send(
    new CreateHostedConfigurationVersionCommand({
      ApplicationId,
      ConfigurationProfileId,
      Content: content,
      ContentType: "application/json",
      VersionLabel: label,
    }),
  );
  assert.equal(Buffer.from(version.Content).toString(), content);
  return version.VersionNumber;
}

async function strategy(name, { duration, growth, bake, type = "LINEAR" }) {
  const made = await control.send(
    new CreateDeploymentStrategyCommand({
      Name: name,
      DeploymentDurationInMinutes: duration,
      GrowthFactor: growth,
      GrowthType: type,
      FinalBakeTimeInMinutes: bake,
      ReplicateTo: "NONE",
    }),
  );
  return made.Id;
}

function deploy(shop, strategyId, version) {
  return control.send(
    new StartDeploymentCommand({ ...shop, DeploymentStrategyId: strategyId, ConfigurationVersion: version }),
  );
}

function deploymentOf({ ApplicationId, EnvironmentId }, number) {
  return { ApplicationId, EnvironmentId, DeploymentNumber: number };
}

async function startSession() {
  const started = await data.send(
    new StartConfigurationSessionCommand({
      ApplicationIdentifier: "shop",
      EnvironmentIdentifier: "live",
      ConfigurationProfileIdentifier: "theme",
      RequiredMinimumPollIntervalInSeconds: 15,
    }),
  );
  return { token: started.InitialConfigurationToken, held: "" };
}

// Polls once; gives whether new content came.
async function poll(session) {
  const answer = await data.send(new GetLatestConfigurationCommand({ ConfigurationToken: session.token }));
  assert.equal(answer.NextPollIntervalInSeconds, 15);
  session.token = answer.NextPollConfigurationToken;
  const body = Buffer.from(answer.Configuration ?? []).toString();
  if (body === "") return false;
  assert.equal(answer.ContentType, "application/json");
  assert.equal(answer.VersionLabel, body === FIRST ? "first" : "second");
  session.held = body;
  return true;
}

describe("a gradual deployment", () => {
  it("moves sessions to the new version step by step and never back", async () => {
    const shop = await openShop();
    const sessions = await Promise.all(Array.from({ length: 40 }, startSession));
    for (const session of sessions) {
      assert.ok(await poll(session), "the first poll of a session always brings the content");
      assert.equal(session.held, FIRST);
    }

    assert.equal(await put(shop, SECOND, "second"), 2);
    const slow = await strategy("a quarter at a time", { duration: 20, growth: 25, bake: 10 });
    const started = await deploy(shop, slow, "second");
    assert.equal(started.State, "DEPLOYING");
    assert.equal(started.DeploymentNumber, 2);
    assert.equal(started.ConfigurationVersion, "2");
    assert.equal(started.VersionLabel, "second");
    assert.equal(started.PercentageComplete, 0);
    const { ApplicationId, EnvironmentId } = shop;
    const busy = await control.send(new GetEnvironmentCommand({ ApplicationId, EnvironmentId }));
    assert.equal(busy.State, "Deploying");

    let movedBefore = new Set();
    // Four steps, a fifth of the duration apart; the last of them reaches everyone.
    for (const percentage of [25, 50, 75, 100]) {
      await server.advance(4 * 60 + 1);
      const now = await control.send(new GetDeploymentCommand(deploymentOf(shop, 2)));
      assert.equal(now.PercentageComplete, percentage);
      const moved = new Set();
      for (const [number, session] of sessions.entries()) {
        await poll(session);
        if (session.held === SECOND) moved.add(number);
      }
      for (const number of movedBefore) assert.ok(moved.has(number), `session ${number} went back`);
      movedBefore = moved;
    }
    assert.equal(movedBefore.size, sessions.length);

    const done = await waitUntilDeploymentComplete(
      { client: server.controlThatMovesTheClock(account, 120), maxWaitTime: 60, minDelay: 0.01, maxDelay: 0.02 },
      deploymentOf(shop, 2),
    );
    assert.equal(done.state, "SUCCESS");
    const complete = await control.send(new GetDeploymentCommand(deploymentOf(shop, 2)));
    assert.deepEqual(
      complete.EventLog.map((event) => [event.EventType, event.TriggeredBy]),
      [
        ["DEPLOYMENT_COMPLETED", "APPCONFIG"],
        ["BAKE_TIME_STARTED", "APPCONFIG"],
        ["PERCENTAGE_UPDATED", "APPCONFIG"],
        ["PERCENTAGE_UPDATED", "APPCONFIG"],
        ["PERCENTAGE_UPDATED", "APPCONFIG"],
        ["PERCENTAGE_UPDATED", "APPCONFIG"],
        ["DEPLOYMENT_STARTED", "USER"],
      ],
    );
    await server.advance(15);
    for (const session of sessions) assert.equal(await poll(session), false);
  });

  it("lets the environment waiter end when it completes", async () => {
    const shop = await openShop();
    await put(shop, SECOND, "second");
    await deploy(shop, await strategy("half by half", { duration: 10, growth: 50, bake: 5 }), "2");
    const { ApplicationId, EnvironmentId } = shop;
    const ready = await waitUntilEnvironmentReadyForDeployment(
      { client: server.controlThatMovesTheClock(account, 120), maxWaitTime: 60, minDelay: 0.01, maxDelay: 0.02 },
      { ApplicationId, EnvironmentId },
    );
    assert.equal(ready.state, "SUCCESS");
  });

  it("serves the previous version once it is stopped, and both waiters fail", async () => {
    const shop = await openShop();
    await put(shop, SECOND, "second");
    await deploy(shop, await strategy("bake", { duration: 0, growth: 100, bake: 30 }), "2");
    await server.advance(30);
    const session = await startSession();
    await poll(session);
    assert.equal(session.held, SECOND);

    const stopped = await control.send(new StopDeploymentCommand(deploymentOf(shop, 2)));
    assert.equal(stopped.$metadata.httpStatusCode, 202);
    assert.equal(stopped.State, "ROLLED_BACK");
    assert.equal(stopped.PercentageComplete, 0);
    assert.equal(stopped.CompletedAt, undefined);
    assert.equal(stopped.EventLog[0].EventType, "ROLLBACK_COMPLETED");

    await server.advance(15);
    assert.ok(await poll(session));
    assert.equal(session.held, FIRST);

    const options = { client: control, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.02 };
    const { ApplicationId, EnvironmentId } = shop;
    const notComplete = await refusal(waitUntilDeploymentComplete(options, deploymentOf(shop, 2)));
    assert.match(notComplete.message, /FAILURE/);
    const notReady = await refusal(waitUntilEnvironmentReadyForDeployment(options, { ApplicationId, EnvironmentId }));
    assert.match(notReady.message, /FAILURE/);
  });
});

describe("the paginators", () => {
  async function pages(paginator) {
    const sizes = [];
    const items = [];
    for await (const page of paginator) {
      sizes.push(page.Items.length);
      items.push(...page.Items);
    }
    return { sizes, items };
  }

  it("bring each application once", async () => {
    const names = [];
    for (let number = 0; number < 5; number++) {
      names.push(`application ${number}`);
      await control.send(new CreateApplicationCommand({ Name: names.at(-1) }));
    }
    const { sizes, items } = await pages(paginateListApplications({ client: control, pageSize: 2 }, {}));
    assert.deepEqual(sizes, [2, 2, 1]);
    assert.deepEqual(items.map((item) => item.Name).sort(), names);
  });

  it("bring versions and deployments newest first, and the predefined strategies last", async () => {
    const shop = await openShop();
    const { ApplicationId, EnvironmentId, ConfigurationProfileId } = shop;
    const atOnce = await strategy("again", { duration: 0, growth: 100, bake: 0 });
    for (const number of [2, 3]) {
      await put(shop, SECOND, `again ${number}`);
      await deploy(shop, atOnce, String(number));
    }
    const versions = await pages(
      paginateListHostedConfigurationVersions({ client: control, pageSize: 2 }, { ApplicationId, ConfigurationProfileId }),
    );
    assert.deepEqual(versions.items.map((item) => item.VersionNumber), [3, 2, 1]);
    const deployments = await pages(
      paginateListDeployments({ client: control, pageSize: 2 }, { ApplicationId, EnvironmentId }),
    );
    assert.deepEqual(deployments.items.map((item) => item.DeploymentNumber), [3, 2, 1]);
    assert.ok(deployments.items.every((item) => item.State === "COMPLETE" && item.Type === "USER"));
    const strategies = await pages(paginateListDeploymentStrategies({ client: control, pageSize: 2 }, {}));
    assert.deepEqual(strategies.items.slice(0, 2).map((item) => item.Name).sort(), ["again", "at once"]);
    assert.ok(strategies.items.slice(2).every((item) => item.Id.startsWith("AppConfig.")));
    assert.equal(strategies.items.length, 6);
  });

  it("are refused an invented token", async () => {
    const error = await refusal(control.send(new ListApplicationsCommand({ NextToken: "bogus" })));
    assert.ok(error instanceof ControlBadRequest);
    assert.equal(error.message, "Invalid nextToken parameter bogus.");
  });
});

describe("the control plane's refusals", () => {
  it("arrive as the modelled classes with AWS's words", async () => {
    const shop = await openShop();
    const { ApplicationId, ConfigurationProfileId } = shop;

    const unknown = await refusal(control.send(new GetApplicationCommand({ ApplicationId: "zzzzzzz" })));
    assert.ok(unknown instanceof ControlNotFound && unknown instanceof AppConfigServiceException);
    assert.equal(unknown.message, `Application with Id zzzzzzz could not be found for account ${account}.`);
    assert.equal(unknown.$metadata.httpStatusCode, 404);
    assert.match(unknown.$metadata.requestId, /^[0-9a-f-]{36}$/);

    const twice = await refusal(control.send(new CreateApplicationCommand({ Name: "shop" })));
    assert.ok(twice instanceof ControlBadRequest);
    assert.equal(twice.message, `Application with name shop already exists with id ${ApplicationId} in account ${account}`);

    const lives = await refusal(control.send(new DeleteApplicationCommand({ ApplicationId })));
    assert.ok(lives instanceof ControlBadRequest);
    assert.equal(
      lives.message,
      `Cannot delete application ${ApplicationId}, because there are still environments existing under it.`,
    );

    const content = (more) =>
      control.send(
        new CreateHostedConfigurationVersionCommand({
          ApplicationId,
          ConfigurationProfileId,
          ContentType: "text/plain",
          Content: "x",
          ...more,
        }),
      );
    const stale = await refusal(content({ LatestVersionNumber: 5 }));
    assert.ok(stale instanceof ConflictException);
    assert.equal(stale.message, "Expected latest version 5 does not match actual latest version 1");
    const large = await refusal(content({ Content: Buffer.alloc(2 * 1024 * 1024 + 1, "x") }));
    assert.ok(large instanceof PayloadTooLargeException);
    assert.deepEqual([large.Measure, large.Limit, large.Size], ["KILOBYTES", 2048, 2049]);

    const nameless = await refusal(control.send(new UpdateApplicationCommand({ ApplicationId, Name: "" })));
    assert.ok(nameless instanceof ControlBadRequest);
  });
});

describe("the data plane's refusals", () => {
  it("say Reason and Details, and an early poll does not use the token up", async () => {
    await openShop();
    const session = await startSession();
    await poll(session);
    const ask = (token) => refusal(data.send(new GetLatestConfigurationCommand({ ConfigurationToken: token })));

    const early = await ask(session.token);
    assert.ok(early instanceof BadRequestException);
    assert.equal(early.message, "Request too early");
    assert.equal(early.Reason, "InvalidParameters");
    assert.equal(early.Details.InvalidParameters.ConfigurationToken.Problem, "PollIntervalNotSatisfied");

    const altered = await ask(`x${session.token.slice(1)}`);
    assert.ok(altered instanceof BadRequestException);
    assert.equal(altered.Reason, "InvalidParameters");
    assert.equal(altered.Details.InvalidParameters.ConfigurationToken.Problem, "Corrupted");

    await server.advance(15);
    assert.equal(await poll(session), false);

    await server.advance(24 * 3600 + 60);
    const late = await ask(session.token);
    assert.equal(late.Details.InvalidParameters.ConfigurationToken.Problem, "Expired");
  });

  it("say what was not found and which parameter named it", async () => {
    await openShop();
    const start = (more) =>
      refusal(
        data.send(
          new StartConfigurationSessionCommand({
            ApplicationIdentifier: "shop",
            EnvironmentIdentifier: "live",
            ConfigurationProfileIdentifier: "theme",
            ...more,
          }),
        ),
      );
    for (const [member, type] of [
      ["ApplicationIdentifier", "Application"],
      ["EnvironmentIdentifier", "Environment"],
      ["ConfigurationProfileIdentifier", "ConfigurationProfile"],
    ]) {
      const error = await start({ [member]: "not this one" });
      assert.ok(error instanceof ResourceNotFoundException, member);
      assert.equal(error.ResourceType, type);
      assert.equal(error.ReferencedBy[member], "not this one");
    }
  });
});

describe("hosted content", () => {
  it("comes back byte for byte", async () => {
    const { ApplicationId, ConfigurationProfileId } = await openShop();
    const bytes = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
    const made = await control.send(
      new CreateHostedConfigurationVersionCommand({
        ApplicationId,
        ConfigurationProfileId,
        Content: bytes,
        ContentType: "application/octet-stream",
        Description: "every byte there is",
      }),
    );
    const got = await control.send(
      new GetHostedConfigurationVersionCommand({ ApplicationId, ConfigurationProfileId, VersionNumber: made.VersionNumber }),
    );
    assert.deepEqual(Buffer.from(got.Content), Buffer.from(bytes));
    assert.equal(got.ContentType, "application/octet-stream");
    assert.equal(got.Description, "every byte there is");
  });
});
