//! `origin seed`: the sample data, the same every time. Running it again adds what is missing.

use common::{
    Secret,
    config::Env,
    entropy::{Entropy as _, SystemEntropy},
};
use origin::{
    api::passwords,
    config::Config,
    manuscripts::Renderer,
    photos::Pipeline,
    sample::{self, SamplePlan},
};

use super::{
    Failure,
    services::{self, Services},
};

/// The same sample data everywhere.
const SEED: u64 = 1;

pub(super) async fn run(config: Config, reviews: u32) -> Result<(), Failure> {
    let services = Services::open(&config).await?;
    services::refuse(&services.db).await?;
    let plan = SamplePlan::new(SEED, reviews as usize).map_err(|error| Failure::Wrong(vec![error.to_string()]))?;
    let (password, told) = password()?;
    let renderer = Renderer::new(config.photos.media_base_url.as_deref());
    let sinks = sample::load::Sinks {
        db: &services.db,
        manuscripts: &*services.manuscripts,
        photos: &services.photos,
        pipeline: &Pipeline::default(),
        renderer: &renderer,
    };
    let hash = passwords::hash_blocking(password.expose(), &SystemEntropy)?;
    let loaded = sample::load::load(&plan, sinks, &hash, |so_far| eprintln!("{so_far:?}"))
        .await
        .map_err(|error| Failure::Wrong(vec![error.to_string()]))?;
    println!("loaded {loaded:?}");
    if loaded.editors > 0 && !told {
        println!("the sample editors' password is {}", password.expose());
    }
    Ok(())
}

/// `SEED_PASSWORD`, or a new one, which must be told. Sample editors can do what real ones
/// can, so there is no password that everybody knows.
fn password() -> Result<(Secret, bool), Failure> {
    let mut env = Env::from_process();
    let given = env.read("SEED_PASSWORD", |text| Ok(Secret::new(text)));
    env.finish(&[])?;
    let told = given.is_some();
    Ok((given.unwrap_or_else(|| Secret::new(format!("{:016x}", SystemEntropy.u64()))), told))
}
