import type { Properties } from "../../provider.ts";
import { text } from "./resource.ts";
import type { ApiResource } from "./resource.ts";

/** `github.RepositoryWebhook`. */
export const repositoryWebhook = webhook(
  (owner, { repository }) => `/repos/${owner}/${text(repository)}/hooks`,
  ["repository"],
);

/** `github.OrganizationWebhook`. */
export const organizationWebhook = webhook((owner) => `/orgs/${owner}/hooks`, []);

function webhook(
  place: (owner: string, inputs: Properties) => string,
  replaceOn: readonly string[],
): ApiResource {
  const body = ({ active, events, configuration }: Properties) => {
    const { url, contentType, insecureSsl, secret } = configuration as Properties;
    return {
      name: "web",
      active: active ?? true,
      events,
      config: {
        url,
        content_type: contentType ?? "form",
        insecure_ssl: insecureSsl === true ? "1" : "0",
        secret,
      },
    };
  };
  /** The state that GitHub shows, except the secret: GitHub does not show it, so it stays as it was written. */
  const stateOf = (inputs: Properties, hook: Properties): Properties => ({
    ...inputs,
    active: hook.active,
    events: hook.events,
    configuration: { ...(inputs.configuration as Properties), url: (hook.config as Properties).url },
    url: hook.url,
    etag: `W/"${String(hook.updated_at)}"`,
  });
  return {
    create: async ({ owner, call }, inputs) => {
      const hook = await call("POST", place(owner, inputs), body(inputs));
      return { id: String(hook.id), state: stateOf(inputs, hook) };
    },
    read: async ({ owner, find }, id, state) => {
      const hook = await find(`${place(owner, state)}/${id}`);
      return hook && stateOf(state, hook);
    },
    update: async ({ owner, call }, id, _state, inputs) =>
      stateOf(inputs, await call("PATCH", `${place(owner, inputs)}/${id}`, body(inputs))),
    delete: ({ owner, remove }, id, state) => remove(`${place(owner, state)}/${id}`),
    replaceOn,
  };
}
