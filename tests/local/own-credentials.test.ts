import { expect } from "chai";
import { enterCloudEnvironment, ownVariables, withoutOwn } from "../../local/own-credentials.ts";

const users = {
  AWS_PROFILE: "production",
  AWS_DEFAULT_PROFILE: "production",
  AWS_ACCESS_KEY_ID: "AKIAREAL",
  AWS_SECRET_ACCESS_KEY: "real",
  AWS_SESSION_TOKEN: "real",
  AWS_ENDPOINT_URL_EC2: "https://ec2.example.com",
  AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/real",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1/credentials",
  AWS_CONTAINER_AUTHORIZATION_TOKEN: "real",
  GITHUB_TOKEN: "ghp_real",
  GH_TOKEN: "ghp_real",
  GITHUB_APP_ID: "7",
  GITHUB_APP_INSTALLATION_ID: "8",
  GITHUB_APP_PEM_FILE: "/home/ada/app.pem",
  PULUMI_ACCESS_TOKEN: "pul-real",
  PULUMI_CONFIG_PASSPHRASE_FILE: "/home/ada/passphrase",
};
const others = {
  PATH: "/bin",
  HOME: "/home/ada",
  GITHUB_OUTPUT: "/tmp/output",
  TMPDIR: "/tmp",
  MY_AWS_NOTES: "x",
};

describe("a user's own credentials", () => {
  it("are known by name, and nothing else is taken for one", () => {
    expect(ownVariables({ ...others, ...users })).to.deep.equal(Object.keys(users).sort());
    expect(withoutOwn({ ...others, ...users })).to.deep.equal(others);
  });

  it("are gone from an environment that works on the local cloud, which has the cloud's", () => {
    const environment: NodeJS.ProcessEnv = { ...others, ...users };
    const cloud = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local", GITHUB_TOKEN: "local_1" };
    enterCloudEnvironment(environment, cloud);
    expect(environment).to.deep.equal({ ...others, ...cloud });
  });
});
