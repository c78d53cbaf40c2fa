import { expect } from "chai";
import { Failure, isFault, traceOf } from "../../../../contract/failure.ts";
import type { Send } from "../../../../runtime/aws/http.ts";
import { createAsk } from "../../../../runtime/functions/controller/sweep/ask.ts";

const authorization = "ghs_canarycanarycanary";
const quoting = `it was sent with ${authorization}`;

const answers: Record<string, { send: Send; logged: RegExp; fault: boolean }> = {
  "GitHub refuses": {
    send: () => Promise.resolve({ status: 401, body: JSON.stringify({ message: quoting }) }),
    logged: /^GitHub answered 401 to GET \/app: it was sent with \*\*\*$/,
    fault: false,
  },
  "GitHub does not answer": {
    send: () => Promise.reject(new Failure(quoting, { cause: new Error(quoting) })),
    logged: /^GitHub gave no answer to GET \/app: it was sent with \*\*\*\.$/,
    fault: false,
  },
  "the client has a fault": {
    send: () => Promise.reject(new TypeError(quoting, { cause: new Error(quoting) })),
    logged: /^GitHub gave no answer to GET \/app: .*\nCaused by: TypeError: it was sent with \*\*\*\n +at /,
    fault: true,
  },
};

describe("the sweep's client of GitHub", () => {
  for (const [what, { send, logged, fault }] of Object.entries(answers)) {
    it(`shows no token if ${what}`, async () => {
      const limits = { requests: 1, milliseconds: 1000 };
      const ask = createAsk({ apiUrl: "http://github", send, elapsed: () => 0, limits });
      const error: unknown = await ask("/app", { authorization }).catch((reason: unknown) => reason);
      expect(traceOf(error)).to.match(logged).and.not.include(authorization);
      expect(isFault(error)).to.equal(fault);
    });
  }
});
