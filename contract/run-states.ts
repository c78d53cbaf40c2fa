/**
 * GitHub's states of an unfinished workflow run, roughly in the order in which a
 * run passes through them. Only GitHub itself sets the first three: requested,
 * held by the rules of a deployment, held by another run of its concurrency
 * group. A job of such a run can still have a runner, because what holds the
 * run may concern another of its jobs.
 *
 * @see https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
 */
export const openRunStates = ["requested", "waiting", "pending", "queued", "in_progress"] as const;
