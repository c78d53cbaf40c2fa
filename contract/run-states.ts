/**
 * GitHub's states of a workflow run that is not over, about in the order in
 * which a run goes through them. Only GitHub itself sets the first three: it was
 * asked for; the rules of a deployment hold it; another run of its concurrency
 * group does. A job of such a run can have a runner all the same, because what
 * holds a run may be about another of its jobs.
 *
 * @see https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
 */
export const openRunStates = ["requested", "waiting", "pending", "queued", "in_progress"] as const;
