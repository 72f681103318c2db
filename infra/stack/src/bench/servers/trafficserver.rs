//! Traffic Server. What its configuration says and why stands in `infra/stack/peers/records.config`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::Place;
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};

const TEMPLATE: &str = include_str!("../../../peers/records.config");
const COPY_LIMIT: Duration = Duration::from_secs(20);

pub(super) fn command(place: &Place<'_>, port: u16) -> Result<Cmd> {
    let program = place.tools.peer("trafficserver")?;
    let dir = place.folder(&format!("trafficserver-{port}"))?;
    // `<home>/usr/bin/traffic_server`
    let home = program.path.ancestors().nth(3).ok_or_else(|| Error::failed("Traffic Server lies nowhere"))?;
    for folder in ["cache", "run", "log"] {
        let folder = dir.join(folder);
        fs::create_dir_all(&folder).context(|| format!("creating {}", folder.display()))?;
    }
    // The package's own configuration, with the three files that matter replaced.
    run(Cmd::new("cp").arg("-r").arg(home.join("etc/trafficserver")).arg(dir.join("etc")), COPY_LIMIT)?.success()?;
    let (port, root) = (port.to_string(), dir.display().to_string());
    place.configuration(&dir.join("etc/records.config"), TEMPLATE, &[("{port}", &port), ("{dir}", &root)])?;
    place.configuration(&dir.join("etc/remap.config"), "map / http://127.0.0.1:{upstream}/\n", &[])?;
    place.configuration(&dir.join("etc/storage.config"), "{dir}/cache 2G\n", &[("{dir}", &root)])?;
    let layout = dir.join("runroot.yaml");
    fs::write(&layout, layout_of(&dir, &home.join("usr"))).context(|| format!("writing {}", layout.display()))?;
    Ok(place.pinned(&program.path).arg(format!("--run-root={}", layout.display())).envs(program.env))
}

/// Where an unpacked Traffic Server finds what it would have below `/usr`, `/etc` and `/var`.
fn layout_of(dir: &Path, usr: &Path) -> String {
    let (dir, usr) = (dir.display(), usr.display());
    format!(
        "prefix: {usr}\nexec_prefix: {usr}\nbindir: {usr}/bin\nsbindir: {usr}/bin\nsysconfdir: {dir}/etc\ndatadir: {dir}/cache\n\
         includedir: {usr}/include\nlibdir: {usr}/lib/trafficserver\nlibexecdir: {usr}/lib/trafficserver/modules\n\
         localstatedir: {dir}/run\nruntimedir: {dir}/run\nlogdir: {dir}/log\ncachedir: {dir}/cache\n"
    )
}
