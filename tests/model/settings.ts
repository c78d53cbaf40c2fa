/** The configuration of the model's machines: the defaults. */
export const settings = {
  pollMs: 30_000,
  quietMs: 180_000,
  spreadSeconds: 180,
  staySeconds: 300,
};
