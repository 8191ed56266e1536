// AWS's JavaScript SDK against checked credentials: what a key may do, and what its configuration token is worth to others.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  CreateApplicationCommand, CreateConfigurationProfileCommand, CreateDeploymentStrategyCommand, CreateEnvironmentCommand,
  CreateHostedConfigurationVersionCommand, ListApplicationsCommand, StartDeploymentCommand,
} from "@aws-sdk/client-appconfig";
import { GetLatestConfigurationCommand, StartConfigurationSessionCommand } from "@aws-sdk/client-appconfigdata";

import { Server } from "../server.mjs";

describe("checked credentials", () => {
  let server, admin, reader, other;

  before(async () => {
    server = await Server.start([], (tidegate) => {
      const key = (name, policy) => {
        const made = tidegate("keys", "create", name, "--policy", policy);
        return { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
      };
      admin = key("admin", "TidegateFullAccess");
      reader = key("reader", "TidegateReadConfigurations");
      other = key("other", "TidegateReadConfigurations");
    });
  });
  after(() => server.stop());

  it("let a key do what its policies allow, and nothing else", async () => {
    const control = server.control(admin);
    const { Id: ApplicationId } = await control.send(new CreateApplicationCommand({ Name: "shop" }));
    await control.send(new CreateEnvironmentCommand({ ApplicationId, Name: "live" }));
    await control.send(new CreateConfigurationProfileCommand({ ApplicationId, Name: "theme", LocationUri: "hosted" }));
    await control.send(new CreateHostedConfigurationVersionCommand({
      ApplicationId, ConfigurationProfileId: "theme", Content: Buffer.from("teal"), ContentType: "text/plain",
    }));
    const { Id: DeploymentStrategyId } = await control.send(new CreateDeploymentStrategyCommand({
      Name: "at once", DeploymentDurationInMinutes: 0, GrowthFactor: 100, ReplicateTo: "NONE",
    }));
    await control.send(new StartDeploymentCommand({
      ApplicationId, EnvironmentId: "live", ConfigurationProfileId: "theme", ConfigurationVersion: "1", DeploymentStrategyId,
    }));
    await assert.rejects(server.control(reader).send(new ListApplicationsCommand({})), { name: "AccessDeniedException" });

    const data = server.data(reader);
    const started = await data.send(new StartConfigurationSessionCommand({
      ApplicationIdentifier: "shop", EnvironmentIdentifier: "live", ConfigurationProfileIdentifier: "theme",
    }));
    const poll = new GetLatestConfigurationCommand({ ConfigurationToken: started.InitialConfigurationToken });
    await assert.rejects(server.data(other).send(poll), { name: "BadRequestException" });
    const polled = await data.send(poll);
    assert.equal(Buffer.from(polled.Configuration).toString(), "teal");
  });

  it("refuse wrong secrets and unknown keys under AWS's names", async () => {
    const wrong = server.control({ ...admin, secretAccessKey: "wrong" });
    await assert.rejects(wrong.send(new ListApplicationsCommand({})), { name: "InvalidSignatureException" });
    const unknown = server.control({ ...admin, accessKeyId: "AKIAUNKNOWNUNKNOWN22" });
    await assert.rejects(unknown.send(new ListApplicationsCommand({})), { name: "UnrecognizedClientException" });
  });
});
