// Powertools for AWS Lambda (TypeScript) reads through the agent, as functions do.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, it } from "node:test";

import {
  CreateApplicationCommand,
  CreateConfigurationProfileCommand,
  CreateDeploymentStrategyCommand,
  CreateEnvironmentCommand,
  CreateHostedConfigurationVersionCommand,
  StartDeploymentCommand,
} from "@aws-sdk/client-appconfig";
import { getConfig } from "@aws-lambda-powertools/parameters/appconfig-agent";

import { BINARY, Server } from "../server.mjs";

const ACCOUNT = "430000000000";
const VALUES = { banner: { enabled: true, text: "hello" }, search: { enabled: false } };

let server, agent;

before(async () => {
  server = await Server.start();
  const control = server.control(ACCOUNT);
  const { Id: application } = await control.send(new CreateApplicationCommand({ Name: "my app" }));
  const { Id: environment } = await control.send(
    new CreateEnvironmentCommand({ ApplicationId: application, Name: "live/eu" }),
  );
  const { Id: strategy } = await control.send(
    new CreateDeploymentStrategyCommand({
      Name: "at once",
      DeploymentDurationInMinutes: 0,
      GrowthFactor: 100,
      ReplicateTo: "NONE",
    }),
  );
  const deploy = async (name, type, content, contentType) => {
    const { Id: profile } = await control.send(
      new CreateConfigurationProfileCommand({ ApplicationId: application, Name: name, LocationUri: "hosted", Type: type }),
    );
    const { VersionNumber: version } = await control.send(
      new CreateHostedConfigurationVersionCommand({
        ApplicationId: application,
        ConfigurationProfileId: profile,
        Content: new TextEncoder().encode(content),
        ContentType: contentType,
      }),
    );
    await control.send(
      new StartDeploymentCommand({
        ApplicationId: application,
        EnvironmentId: environment,
        ConfigurationProfileId: profile,
        ConfigurationVersion: String(version),
        DeploymentStrategyId: strategy,
      }),
    );
  };
  const flags = { version: "1", flags: { banner: { attributes: { text: { constraints: { type: "string" } } } } }, values: VALUES };
  await deploy("flags", "AWS.AppConfig.FeatureFlags", JSON.stringify(flags), "application/json");
  await deploy("theme", "AWS.Freeform", "foo: bar\n", "application/x-yaml");

  agent = spawn(BINARY, ["agent", "--upstream", server.url, "--http-port", "0", "--service-region", "eu-west-1"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: "any", LOG_LEVEL: "warn" },
  });
  const port = await new Promise((resolve, reject) => {
    agent.once("exit", (code) => reject(new Error(`the agent ended with ${code} before it listened`)));
    createInterface({ input: agent.stdout }).on("line", (line) => {
      const said = /listening on http:\S+:(\d+)/.exec(line);
      if (said) resolve(said[1]);
    });
  });
  process.env.AWS_APPCONFIG_EXTENSION_HTTP_PORT = port;
  // Elsewhere Powertools asks nobody.
  process.env.AWS_LAMBDA_INITIALIZATION_TYPE = "on-demand";
  process.env.POWERTOOLS_SERVICE_NAME = "my app";
});

after(async () => {
  agent?.kill("SIGKILL");
  await server?.stop();
});

const options = { environment: "live/eu", timeout: 30_000 };

it("gives a configuration byte for byte", async () => {
  assert.equal(await getConfig("theme", options), "foo: bar\n");
});

it("gives feature flags in the form in which they are read", async () => {
  assert.deepEqual(await getConfig("flags", { ...options, transform: "json" }), VALUES);
});

it("says that there is no such configuration", async () => {
  assert.equal(await getConfig("nothing", options), undefined);
  await assert.rejects(getConfig("nothing", { ...options, throwOnMissing: true }), { name: "ParameterNotFoundError" });
});

it("answers fetch with a context and an entity", async () => {
  const port = process.env.AWS_APPCONFIG_EXTENSION_HTTP_PORT;
  const path = `/applications/my%20app/environments/live%2Feu/configurations/flags?flag=banner`;
  const answer = await fetch(`http://localhost:${port}${path}`, { headers: { Context: "a=b", "Entity-Id": "user-1" } });
  assert.equal(answer.headers.get("configuration-version"), "1");
  assert.deepEqual(await answer.json(), VALUES.banner);
});
