// OpenFeature's OFREP providers for servers and for browsers, against an agent's port.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  CreateApplicationCommand,
  CreateConfigurationProfileCommand,
  CreateDeploymentStrategyCommand,
  CreateEnvironmentCommand,
  CreateHostedConfigurationVersionCommand,
  StartDeploymentCommand,
} from "@aws-sdk/client-appconfig";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as ForServers } from "@openfeature/server-sdk";
import { OpenFeature as ForBrowsers, ProviderEvents } from "@openfeature/web-sdk";
import { EventSource } from "eventsource";

import { Server } from "../server.mjs";

const ACCOUNT = "430000000001";
const LIMIT_MS = 60_000;

const document = (limit) => ({
  version: "1",
  flags: { plain: { name: "Plain", attributes: Object.fromEntries(["text", "limit", "ratio"].map((name) => [name, {
    constraints: { type: name === "text" ? "string" : "number" } }])) } },
  values: {
    plain: { enabled: true, text: "hello", limit, ratio: 0.25 },
    off: { enabled: false },
    tier: {
      _variants: [
        { name: "gold", enabled: true, rule: '(eq $tier "gold")' },
        { name: "rest", enabled: false },
      ],
    },
  },
});

let node, agent, publish, baseUrl;

before(async () => {
  node = await Server.start(["--poll-interval", "1"]);
  const control = node.control(ACCOUNT);
  const { Id: ApplicationId } = await control.send(new CreateApplicationCommand({ Name: "shop" }));
  const { Id: EnvironmentId } = await control.send(new CreateEnvironmentCommand({ ApplicationId, Name: "live" }));
  const { Id: ConfigurationProfileId } = await control.send(
    new CreateConfigurationProfileCommand({
      ApplicationId, Name: "flags", LocationUri: "hosted", Type: "AWS.AppConfig.FeatureFlags",
    }),
  );
  const { Id: DeploymentStrategyId } = await control.send(
    new CreateDeploymentStrategyCommand({
      Name: "at once", DeploymentDurationInMinutes: 0, GrowthFactor: 100, FinalBakeTimeInMinutes: 0, ReplicateTo: "NONE",
    }),
  );
  publish = async (limit) => {
    const { VersionNumber } = await control.send(
      new CreateHostedConfigurationVersionCommand({
        ApplicationId, ConfigurationProfileId,
        Content: JSON.stringify(document(limit)), ContentType: "application/json",
      }),
    );
    await control.send(
      new StartDeploymentCommand({
        ApplicationId, EnvironmentId, ConfigurationProfileId, DeploymentStrategyId,
        ConfigurationVersion: String(VersionNumber),
      }),
    );
  };
  await publish(10);
  agent = await node.agent(ACCOUNT);
  baseUrl = `${agent.url}/applications/shop/environments/live/configurations/flags`;
});

after(async () => {
  await ForServers.close();
  await ForBrowsers.close();
  await agent?.stop();
  await node?.stop();
});

// Waits until a claim about another process holds.
async function until(claim) {
  const limit = Date.now() + LIMIT_MS;
  while (!(await claim())) {
    assert.ok(Date.now() < limit, "it did not come true in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("the provider for servers", () => {
  let client;

  before(async () => {
    await ForServers.setProviderAndWait(new OFREPProvider({ baseUrl }));
    client = ForServers.getClient();
  });

  it("resolves every type", async () => {
    assert.equal(await client.getBooleanValue("plain", false), true);
    assert.equal(await client.getStringValue("plain.text", ""), "hello");
    assert.equal(await client.getNumberValue("plain.limit", 0), 10);
    assert.equal(await client.getNumberValue("plain.ratio", 0), 0.25);
    const whole = { enabled: true, text: "hello", limit: 10, ratio: 0.25 };
    assert.deepEqual(await client.getObjectValue("plain.*", {}), whole);
  });

  it("gives defaults where there is nothing", async () => {
    const missing = await client.getBooleanDetails("none", true);
    assert.deepEqual([missing.value, missing.errorCode], [true, "FLAG_NOT_FOUND"]);
    assert.equal(await client.getBooleanValue("off", true), false);
    assert.equal(await client.getStringValue("off.text", "mine"), "mine");
  });

  it("gives a variant by context", async () => {
    const gold = await client.getBooleanDetails("tier", false, { targetingKey: "u1", tier: "gold" });
    assert.deepEqual([gold.value, gold.variant, gold.reason], [true, "gold", "TARGETING_MATCH"]);
    assert.equal((await client.getBooleanDetails("tier", true, { tier: "tin" })).variant, "rest");
  });

  it("sees a change", async () => {
    await publish(11);
    await until(async () => (await client.getNumberValue("plain.limit", 0)) === 11);
    await publish(10);
    await until(async () => (await client.getNumberValue("plain.limit", 0)) === 10);
  });
});

describe("the provider for browsers", () => {
  let client;

  before(async () => {
    // Browsers have one of their own.
    globalThis.EventSource = EventSource;
    await ForBrowsers.setContext({ targetingKey: "u1", tier: "gold" });
    await ForBrowsers.setProviderAndWait(new OFREPWebProvider({ baseUrl }));
    client = ForBrowsers.getClient();
  });

  it("resolves every type", () => {
    assert.equal(client.getBooleanValue("plain", false), true);
    assert.equal(client.getStringValue("plain.text", ""), "hello");
    assert.equal(client.getNumberValue("plain.limit", 0), 10);
    assert.equal(client.getNumberValue("plain.ratio", 0), 0.25);
    assert.deepEqual(client.getObjectValue("plain.*", {}), { enabled: true, text: "hello", limit: 10, ratio: 0.25 });
  });

  it("gives defaults where there is nothing", () => {
    const missing = client.getBooleanDetails("none", true);
    assert.deepEqual([missing.value, missing.errorCode], [true, "FLAG_NOT_FOUND"]);
    assert.equal(client.getBooleanValue("off", true), false);
    assert.equal(client.getStringValue("off.text", "mine"), "mine");
  });

  it("gives a variant by context, and another when the context changes", async () => {
    assert.equal(client.getBooleanDetails("tier", false).variant, "gold");
    await ForBrowsers.setContext({ targetingKey: "u1", tier: "tin" });
    assert.equal(client.getBooleanDetails("tier", true).variant, "rest");
  });

  it("is told of a change", async () => {
    const told = new Promise((resolve) => {
      client.addHandler(ProviderEvents.ConfigurationChanged, ({ flagsChanged }) => {
        if (flagsChanged?.includes("plain.limit")) resolve(flagsChanged);
      });
    });
    await publish(12);
    const limit = new Promise((_, reject) => setTimeout(() => reject(new Error("it was not told")), LIMIT_MS).unref());
    assert.ok(!(await Promise.race([told, limit])).includes("plain.text"));
    assert.equal(client.getNumberValue("plain.limit", 0), 12);
  });
});
