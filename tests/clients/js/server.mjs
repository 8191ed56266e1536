// The server under test, started with a manual clock, and SDK clients that talk to it.

import { spawn, spawnSync } from "node:child_process";
import { openSync, closeSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { AppConfigClient } from "@aws-sdk/client-appconfig";
import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";

const START_LIMIT_MS = 30_000;
export const BINARY = process.env.TIDEGATE_BIN ?? fileURLToPath(new URL("../../../target/debug/tidegate", import.meta.url));

export class Server {
  #child;
  #directory;
  #failed = false;
  #clients = [];

  // Starts the binary and waits until it has said where it listens. What has to be done to its data before is done by
  // `prepare`, which is given the command line.
  static start(flags = ["--clock", "manual"], prepare = () => {}) {
    return Server.#launch((directory) => {
      const data = join(directory, "data");
      prepare((...command) => {
        const done = spawnSync(BINARY, [...command, "--json", "--data", data], { encoding: "utf8" });
        if (done.status !== 0) throw new Error(done.stderr);
        return JSON.parse(done.stdout);
      });
      return ["serve", "--listen", "127.0.0.1:0", "--data", data, ...flags];
    });
  }

  // Starts an agent on a free port in front of this server; `settings` are environment variables.
  agent(account, settings = {}) {
    return Server.#launch(() => ["agent"], {
      ...process.env,
      TIDEGATE_AGENT_UPSTREAM: this.url,
      SERVICE_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_EC2_METADATA_DISABLED: "true",
      HTTP_PORT: "0",
      POLL_INTERVAL: "1",
      ...settings,
    });
  }

  static async #launch(command, env = process.env) {
    const server = new Server();
    server.#directory = mkdtempSync(join(tmpdir(), "tidegate-js-"));
    const log = openSync(join(server.#directory, "log"), "a");
    server.#child = spawn(BINARY, command(server.#directory), { stdio: ["ignore", "pipe", log], env });
    closeSync(log);
    try {
      server.url = await new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error("the server did not say where it listens")), START_LIMIT_MS);
        limit.unref();
        server.#child.once("error", reject);
        server.#child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
        createInterface({ input: server.#child.stdout }).on("line", (line) => {
          const said = /listening on (http:\S+)/.exec(line);
          if (!said) return;
          clearTimeout(limit);
          resolve(said[1]);
        });
      });
    } catch (error) {
      server.#failed = true;
      await server.stop();
      throw error;
    }
    return server;
  }

  // The server's log is worth reading once something went wrong.
  showLogAtTheEnd() {
    this.#failed = true;
  }

  async stop() {
    for (const client of this.#clients) client.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGKILL");
      await ended;
    }
    if (this.#failed) {
      console.error(`--- the server's log ---\n${readFileSync(join(this.#directory, "log"), "utf8")}`);
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  // Moves the server's clock; every step that became due has been taken when it returns.
  async advance(seconds) {
    const answer = await fetch(`${this.url}/_tidegate/clock/advance`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ seconds }),
    });
    if (!answer.ok) throw new Error(`the clock did not move: ${answer.status} ${await answer.text()}`);
  }

  control(account) {
    return this.#keep(new AppConfigClient(this.#settings(account)));
  }

  data(account) {
    return this.#keep(new AppConfigDataClient(this.#settings(account)));
  }

  // A control-plane client whose every answer is followed by a step of the server's clock, so that a waiter gets on.
  controlThatMovesTheClock(account, seconds) {
    const client = this.control(account);
    client.middlewareStack.add(
      (next) => async (request) => {
        const answer = await next(request);
        await this.advance(seconds);
        return answer;
      },
      { step: "initialize", name: "moveTheClock" },
    );
    return client;
  }

  #keep(client) {
    this.#clients.push(client);
    return client;
  }

  // An account, or the credentials of a key.
  #settings(account) {
    const credentials = typeof account === "string" ? { accessKeyId: account, secretAccessKey: "any" } : account;
    return {
      endpoint: this.url,
      region: "eu-west-1",
      credentials,
      maxAttempts: 1,
    };
  }
}
