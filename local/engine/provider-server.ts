import { isDeepStrictEqual } from "node:util";
import * as grpc from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { Failure, Fault, sentenceOf } from "../../contract/failure.ts";
import type { EmulatedProvider, Properties, ResourceType } from "../provider.ts";

/*
 * The engine's ResourceProvider protocol for one emulated package. The engine
 * does the hard part: with `acceptSecrets` and `supportsPreview` off, secrets
 * arrive unwrapped (and are secret again in the state), and unknown values
 * never arrive.
 */

type Unary<Request, Response> = (request: Request) => Promise<Response> | Response;

/** A running provider; the engine attaches to its port (`PULUMI_DEBUG_PROVIDERS`). */
export interface ProviderServer {
  port: number;
  close(): void;
}

/**
 * Serves one package on a free port of loopback.
 *
 * @param log takes the stack of a fault of the emulator
 */
export async function serveProvider(
  provider: EmulatedProvider,
  log: (text: string) => void,
): Promise<ProviderServer> {
  const server = new grpc.Server();
  server.addService(services.ResourceProviderService, implementation(provider, answering(log)));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    port,
    close: () => {
      server.forceShutdown();
    },
  };
}

function implementation(
  provider: EmulatedProvider,
  unary: ReturnType<typeof answering>,
): grpc.UntypedServiceImplementation {
  let configuration: Properties = {};

  const typeOf = (urn: string): ResourceType => {
    // urn:pulumi:stack::project::parent$type::name
    const token = urn.split("::")[2]!.split("$").pop()!;
    const type = provider.types[token];
    if (!type)
      throw new Failure(`the local cloud does not know the resource type ${token}: see local/README.md`);
    return type;
  };

  const check = (request: InstanceType<typeof messages.CheckRequest>) => {
    const response = new messages.CheckResponse();
    response.setInputs(request.getNews());
    return response;
  };

  return {
    checkConfig: unary(check),
    diffConfig: unary(() =>
      new messages.DiffResponse().setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE),
    ),
    configure: unary((request: InstanceType<typeof messages.ConfigureRequest>) => {
      configuration = read(request.getArgs());
      return new messages.ConfigureResponse();
    }),
    invoke: unary(async (request: InstanceType<typeof messages.InvokeRequest>) => {
      const call = provider.functions[request.getTok()];
      if (!call)
        throw new Failure(
          `the local cloud does not know the function ${request.getTok()}: see local/README.md`,
        );
      return new messages.InvokeResponse().setReturn(
        write(await call(read(request.getArgs()), configuration)),
      );
    }),
    check: unary((request: InstanceType<typeof messages.CheckRequest>) => {
      typeOf(request.getUrn());
      return check(request);
    }),
    diff: unary((request: InstanceType<typeof messages.DiffRequest>) => {
      const type = typeOf(request.getUrn());
      const changed = changesOf(type, request);
      const replaces = type.update ? changed.filter((key) => type.replaceOn?.includes(key)) : changed;
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return new messages.DiffResponse()
        .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
        .setDiffsList(changed)
        .setReplacesList(replaces);
    }),
    create: unary(async (request: InstanceType<typeof messages.CreateRequest>) => {
      const { id, state } = await typeOf(request.getUrn()).create(
        read(request.getProperties()),
        configuration,
      );
      return new messages.CreateResponse().setId(id).setProperties(write(state));
    }),
    read: unary(async (request: InstanceType<typeof messages.ReadRequest>) => {
      const type = typeOf(request.getUrn());
      const known = read(request.getProperties());
      const state = await type.read(request.getId(), known, configuration);
      const response = new messages.ReadResponse();
      if (!state) return response; // An empty id means that the resource is gone.
      response.setId(request.getId()).setProperties(write(state));
      // An import passes only the id; a refresh also passes the known state.
      const isImport = Object.keys(known).length === 0;
      const inputs = isImport ? type.inputsOf?.(state) : refreshed(read(request.getInputs()), state);
      return inputs ? response.setInputs(write(inputs)) : response;
    }),
    update: unary(async (request: InstanceType<typeof messages.UpdateRequest>) => {
      const type = typeOf(request.getUrn());
      if (!type.update) throw new Fault(`${request.getUrn()} cannot be updated in place`);
      const changed = changesOf(type, request);
      const olds = read(request.getOlds());
      const news = withIgnored(read(request.getNews()), olds, request.getIgnorechangesList());
      const state = await type.update(request.getId(), olds, news, configuration, changed);
      return new messages.UpdateResponse().setProperties(write(state));
    }),
    delete: unary(async (request: InstanceType<typeof messages.DeleteRequest>) => {
      await typeOf(request.getUrn()).delete(request.getId(), read(request.getProperties()), configuration);
      return new empty.Empty();
    }),
    cancel: unary(() => new empty.Empty()),
    attach: unary(() => new empty.Empty()),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion("0.0.0-local")),
    // Methods that are missing here (schemas, mappings, parameters, components of
    // the provider's own) answer "unimplemented", and the engine continues without
    // them.
  };
}

/** @param log takes the stack of a fault of the emulator */
function answering(log: (text: string) => void) {
  return <Request, Response>(handle: Unary<Request, Response>): grpc.handleUnaryCall<Request, Response> =>
    (call, callback) => {
      Promise.resolve()
        .then(() => handle(call.request))
        .then(
          (response) => {
            callback(null, response);
          },
          (error: unknown) => {
            callback({ code: grpc.status.UNKNOWN, details: sentenceOf(error, log) });
          },
        );
    };
}

type ChangeRequest = InstanceType<typeof messages.DiffRequest> | InstanceType<typeof messages.UpdateRequest>;

/** The keys that an update would change, or changes. */
function changesOf(type: ResourceType, request: ChangeRequest): string[] {
  const news = read(request.getNews());
  const recomputed = type.recomputed?.(read(request.getOlds()), news) ?? [];
  const ignored = request.getIgnorechangesList();
  return [...new Set([...changedKeys(read(request.getOldInputs()), news), ...recomputed])].filter(
    (key) => !ignored.includes(key),
  );
}

function changedKeys(olds: Properties, news: Properties): string[] {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys].filter((key) => !isDeepStrictEqual(olds[key], news[key]));
}

/** An ignored input stays as the state has it, whatever has been written since: the inputs may be older. */
function withIgnored(news: Properties, olds: Properties, ignored: readonly string[]): Properties {
  const kept = ignored.filter((key) => key in news && key in olds);
  return { ...news, ...Object.fromEntries(kept.map((key) => [key, olds[key]])) };
}

/** A resource's inputs as they are now: the state's value where it has one, otherwise the old input. */
function refreshed(inputs: Properties, state: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, key in state ? state[key] : value]),
  );
}

function read(value: InstanceType<typeof struct.Struct> | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

function write(value: Properties): InstanceType<typeof struct.Struct> {
  // JSON drops undefined values, which a Struct cannot hold.
  return struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as Record<string, JavaScriptValue>);
}
