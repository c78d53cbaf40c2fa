import { Failure, messageOf } from "../../contract/failure.ts";
import { offerReader } from "./offer-prices.ts";
import type { OfferPrices } from "./offer-prices.ts";

export interface OfferLimits {
  /** Milliseconds for the whole file, which has some hundred megabytes. */
  wholeMs: number;
  /** Milliseconds without a byte. */
  silenceMs: number;
}

const limits: OfferLimits = { wholeMs: 20 * 60_000, silenceMs: 60_000 };

/** AWS's public price list, which asks for no credentials. */
export const offersUrl = "https://pricing.us-east-1.amazonaws.com";

/**
 * Reads one region's prices from AWS's price list, line by line. Memory never holds
 * more of the file than a line and the data that the network has already delivered.
 *
 * @throws Error with address and cause
 */
export async function readOffer(
  region: string,
  baseUrl = offersUrl,
  { wholeMs, silenceMs }: OfferLimits = limits,
): Promise<OfferPrices> {
  const url = `${baseUrl}/offers/v1.0/aws/AmazonEC2/current/${region}/index.csv`;
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort(new Failure(`there was silence for ${silenceMs / 1000} s`));
  }, silenceMs);
  const signal = AbortSignal.any([silence.signal, AbortSignal.timeout(wholeMs)]);
  try {
    const answer = await fetch(url, { signal });
    if (!answer.ok || !answer.body) throw new Failure(`HTTP ${answer.status}`);
    const reader = offerReader(region);
    const text = new TextDecoder();
    let rest = "";
    for await (const chunk of answer.body) {
      timer.refresh();
      const lines = (rest + text.decode(chunk as Uint8Array, { stream: true })).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) reader.take(line);
    }
    reader.take(rest);
    return reader.prices();
  } catch (error) {
    throw new Failure(`GET ${url} failed: ${messageOf(signal.aborted ? signal.reason : error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
