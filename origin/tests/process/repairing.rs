//! Stores that have lost what PostgreSQL points at, and `origin check --repair`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{texts::Store, world::World};

#[tokio::test]
async fn texts_come_back_from_the_archive_and_widths_from_their_originals() {
    let archive = std::env::temp_dir().join(format!("rcr-archive-{}", crate::real::new_id()));
    let url = format!("file://{}", archive.display());
    let world = World::start_with(Store::MongoDb, &[("TEXT_ARCHIVE_URL", url.as_str())]).await;
    let (code, said) = world.run("seed", &["seed", "--reviews", "3"]).await;
    assert_eq!(code, Some(0), "{said}");
    let texts = world.texts.count().await;
    assert!(texts >= 3);

    let (code, said) = world.run("archive", &["archive"]).await;
    assert!(code == Some(0) && said.contains(&format!("archived {texts} texts in 1 objects")), "{said}");
    // Texts never change: what is archived is not archived again, what is new is.
    let desk = world.desk().await;
    let cameras = world.origin.get("/v1/cameras?limit=1").await.expect(200).json();
    let review = desk.published(cameras["items"][0]["slug"].as_str().unwrap(), "Depois").await;
    let (_, said) = world.run("archive", &["archive"]).await;
    assert!(said.contains("archived 1 texts in 1 objects"), "{said}");
    let (_, said) = world.run("archive", &["archive"]).await;
    assert!(said.contains("archived 0 texts in 0 objects"), "{said}");

    world.texts.lose().await;
    let photographs = world.folder.path().join("photographs");
    let lost = files(&photographs).into_iter().find(|file| file.ends_with("480")).unwrap();
    let without_original =
        files(&photographs).into_iter().find(|file| file.ends_with("original") && file.parent() != lost.parent());
    let without_original = without_original.unwrap();
    fs::remove_file(&lost).unwrap();
    fs::remove_file(&without_original).unwrap();
    fs::remove_file(without_original.with_file_name("960")).unwrap();
    let (code, said) = world.check().await;
    assert!(code != Some(0) && said.contains("there is no revision") && said.contains("/480"), "{said}");

    // All that can be mended is, and the rest is named.
    let (code, said) = world.run("repair", &["check", "--repair"]).await;
    assert!(said.contains(&format!("repaired {} texts and 1 photographs", texts + 1)), "{said}");
    let id = without_original.parent().unwrap().file_name().unwrap().to_str().unwrap();
    assert!(code == Some(1) && said.contains("2 thing(s) are wrong"), "{said}");
    assert!(said.contains(&format!("{id}/960")) && said.contains(&format!("{id}/original")), "{said}");
    assert!(said.contains(&format!("read {} texts in their archive", texts + 1)), "{said}");
    assert_eq!(world.texts.count().await, texts + 1);
    assert!(lost.exists());
    assert_eq!(world.origin.get(&review.page()).await.expect(200).json()["title"], "Depois");
    // A backup that is no longer there is found when it is looked at, not when it is needed.
    let objects = files(&archive);
    fs::remove_file(&objects[0]).unwrap();
    let (code, said) = world.check().await;
    assert!(
        code == Some(1) && said.contains("3 thing(s) are wrong") && said.contains("the archive: there is no object"),
        "{said}"
    );
    fs::remove_dir_all(&archive).unwrap();
    world.end().await;
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
