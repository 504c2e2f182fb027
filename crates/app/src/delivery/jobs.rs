//! The jobs: what follows when one fails, and how an operator sees them.

use crate::app::App;
use crate::delivery::worker::{Ended, until_recorded};
use crate::failure::Failure;
use crate::listing::Listing;
use kaipiao_domain::delivery::job::{AfterJobFailure, after_job_failure};
use kaipiao_ports::delivery::claims::{ClaimToken, Reported};
use kaipiao_ports::delivery::jobs::{Job, JobFailure, JobQuery, JobState};

/// Records that a try failed: it is made again after a pause, or set aside.
pub(crate) async fn fail(app: &App, job: &Job, token: ClaimToken, error: String) -> Ended {
    let now = app.now();
    let next = match after_job_failure(job.attempts + 1, now) {
        AfterJobFailure::Retry(due) => JobState::Due { due_ms: due.unix_millis() },
        AfterJobFailure::SetAside => JobState::Failed { at_ms: now.unix_millis() },
    };
    let (account, name) = (&job.id.account, &job.id.name);
    match next {
        JobState::Due { .. } => tracing::warn!(account, name, error, "a job failed"),
        JobState::Failed { .. } => tracing::error!(account, name, error, "a job was set aside"),
    }
    let failure = JobFailure { token, error, next };
    let record = || async { app.store.fail_job(failure.clone()).await.map_err(Failure::from) };
    match until_recorded(name, record).await {
        Ok(Reported::Counted { next_due_ms }) => Ended { failed: None, next_due_ms },
        Ok(Reported::Lapsed) => Ended::default(),
        Err(error) => {
            tracing::error!(%error, name, "a job's failure could not be recorded");
            Ended::default()
        }
    }
}

/// Lists jobs, newest first.
pub async fn list(app: &App, query: &JobQuery) -> Result<Listing<Job>, Failure> {
    let one_more = JobQuery { limit: query.limit.saturating_add(1), ..query.clone() };
    let mut items = app.store.jobs(&one_more).await?;
    let has_more = items.len() > query.limit;
    items.truncate(query.limit);
    let next = items.last().filter(|_| has_more).map(|last| last.number.to_string());
    // A store reads jobs whole: they have no body.
    Ok(Listing { items, damaged: Vec::new(), next })
}

/// The job of that number; None: there is none, or it is done.
pub async fn find(app: &App, number: i64) -> Result<Option<Job>, Failure> {
    let query = JobQuery { after: Some(number.saturating_add(1)), limit: 1, ..JobQuery::default() };
    let found = app.store.jobs(&query).await?;
    Ok(found.into_iter().find(|job| job.number == number))
}

/// Has a job run again that was set aside. None: no job has this number; false: it was not set aside.
pub async fn run_again(app: &App, number: i64) -> Result<Option<bool>, Failure> {
    let done = app.store.run_again(number, app.now().unix_millis()).await?;
    app.mailboxes.look();
    Ok(done)
}
