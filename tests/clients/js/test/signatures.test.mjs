// What AWS's JavaScript SDK signs, as it arrives on the wire, is verified.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import * as appconfig from "@aws-sdk/client-appconfig";
import * as appconfigdata from "@aws-sdk/client-appconfigdata";

const COUNT = 2000;
const ROOT = join(import.meta.dirname, "../../../..");
const ODD = [..." !\"#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~äß€𝄞"];

// Labels that are all dots are another path before they leave the client.
const text = () => `x${Array.from({ length: randomInt(1, 16) }, () => ODD[randomInt(ODD.length)]).join("")}`;
const ascii = () => text().replace(/[^ -~]/gu, "").trim();

const CALLS = [
  () => new appconfig.ListApplicationsCommand({ MaxResults: randomInt(1, 50), NextToken: text() }),
  () => new appconfig.GetApplicationCommand({ ApplicationId: text() }),
  () => new appconfig.CreateApplicationCommand({ Name: text(), Description: text(), Tags: { [text()]: text() } }),
  () => new appconfig.UntagResourceCommand({ ResourceArn: `arn:aws:appconfig:${text()}`, TagKeys: [text(), text(), text()] }),
  () => new appconfig.GetExtensionCommand({ ExtensionIdentifier: text(), VersionNumber: randomInt(100) }),
  () => new appconfig.DeleteEnvironmentCommand({ ApplicationId: text(), EnvironmentId: text(), DeletionProtectionCheck: "BYPASS" }),
  () => new appconfig.CreateHostedConfigurationVersionCommand({
    ApplicationId: text(), ConfigurationProfileId: text(), Content: randomBytes(randomInt(300)), ContentType: "text/plain",
    Description: `${ascii()}  ${ascii()}`, VersionLabel: ascii(),
  }),
  () => new appconfigdata.GetLatestConfigurationCommand({ ConfigurationToken: text() }),
  () => new appconfigdata.StartConfigurationSessionCommand({
    ApplicationIdentifier: text(), EnvironmentIdentifier: text(), ConfigurationProfileIdentifier: text(),
  }),
];

describe("signatures of the JavaScript SDK", () => {
  const directory = mkdtempSync(join(tmpdir(), "tidegate-js-"));
  const seen = [];
  const listener = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const [path, query = null] = request.url.split(/\?(.*)/s);
    const headers = request.rawHeaders.flatMap((name, index, all) => (index % 2 ? [] : [[name, all[index + 1]]]));
    seen.push({ method: request.method, path, query, headers, body: body.toString("base64") });
    response.writeHead(400, { "x-amzn-errortype": "BadRequestException" }).end("{}");
  });

  before(() => new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve)));
  after(() => {
    listener.closeAllConnections();
    listener.close();
    rmSync(directory, { recursive: true });
  });

  it("are verified", async () => {
    const lines = [];
    const credentials = { accessKeyId: "AKIDX", secretAccessKey: "a/secret+of/the/test" };
    const clients = [undefined, "a+token/of=="].map((sessionToken) => {
      const settings = {
        region: "eu-west-1", endpoint: `http://127.0.0.1:${listener.address().port}`, maxAttempts: 1,
        credentials: { ...credentials, sessionToken },
      };
      return [sessionToken, new appconfig.AppConfigClient(settings), new appconfigdata.AppConfigDataClient(settings)];
    });
    for (let index = 0; index < COUNT; index += 1) {
      const command = CALLS[index % CALLS.length]();
      const [sessionToken, control, data] = clients[randomInt(2)];
      const client = command.constructor.name in appconfigdata ? data : control;
      await assert.rejects(client.send(command), { name: "BadRequestException" });
      lines.push({
        ...seen.pop(), access_key_id: credentials.accessKeyId, secret: credentials.secretAccessKey,
        session_token: sessionToken ?? null, region: "eu-west-1", now_ms: Date.now(), expect: "ok",
      });
    }
    const file = join(directory, "vectors.jsonl");
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const command = ["run", "--quiet", "-p", "tidegate-wire", "--example", "sigv4_check", "--", file];
    const { status, stdout, stderr } = spawnSync("cargo", command, { cwd: ROOT, encoding: "utf8" });
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, new RegExp(`${COUNT} accepted, 0 refused, 0 wrong`));
  });
});
