import type { Properties } from "../../provider.ts";
import type { ApiClient } from "./client.ts";
import { text } from "./resource.ts";
import type { ApiResource } from "./resource.ts";

/** `github.RepositoryFile`: one file, each change of it a commit. */
export const repositoryFile: ApiResource = {
  create: async (client, inputs) => {
    const former = await client.find(place(client, inputs) + onBranch(inputs));
    if (former && inputs.overwriteOnCreate !== true)
      throw new Error(
        `refusing to overwrite existing file: ${text(inputs.file)}; configure overwriteOnCreate to true to override`,
      );
    const id = `${text(inputs.repository)}/${text(inputs.file)}`;
    return { id, state: await write(client, inputs, former?.sha, "Add") };
  },
  read: (client, _id, state) => read(client, state),
  update: (client, _id, state, inputs) => write(client, inputs, state.sha, "Update"),
  delete: async (client, _id, state) => {
    const former = await client.find(place(client, state) + onBranch(state));
    const change = { message: `Delete ${text(state.file)}`, branch: state.branch, sha: former?.sha };
    if (former) await client.call("DELETE", place(client, state), change);
  },
  replaceOn: ["repository", "file", "branch"],
};

const place = ({ owner }: ApiClient, { repository, file }: Properties) =>
  `/repos/${owner}/${text(repository)}/contents/${text(file)}`;
const onBranch = ({ branch }: Properties) => (branch === undefined ? "" : `?ref=${text(branch)}`);

async function read(client: ApiClient, inputs: Properties): Promise<Properties | undefined> {
  const file = await client.find(place(client, inputs) + onBranch(inputs));
  if (!file) return undefined;
  const repository = await client.call("GET", `/repos/${client.owner}/${text(inputs.repository)}`);
  const branch = inputs.branch ?? repository.default_branch;
  const content = Buffer.from(text(file.content), "base64").toString();
  return { ...inputs, content, branch, ref: branch, sha: file.sha, repositoryId: repository.id };
}

async function write(client: ApiClient, inputs: Properties, sha: unknown, verb: string): Promise<Properties> {
  const commitMessage = inputs.commitMessage ?? `${verb} ${text(inputs.file)}`;
  const { commit } = await client.call("PUT", place(client, inputs), {
    message: commitMessage,
    content: Buffer.from(text(inputs.content)).toString("base64"),
    branch: inputs.branch,
    sha,
  });
  return { ...(await read(client, inputs)), commitMessage, commitSha: (commit as Properties).sha };
}
