//! What fuzzing has kept (`edge/fuzz/corpus`) goes through the same functions in every test
//! run. `edge/docs/fuzzing.md` tells how it is made.

use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

fn run(target: &str, body: impl Fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files = 0;
    for file in std::fs::read_dir(&directory).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        body(&std::fs::read(path).unwrap());
        files += 1;
    }
    assert!(files >= 5, "{} holds {files} files", directory.display());
}

#[test]
fn keys_are_stable() {
    run("key", targets::key);
}

#[test]
fn queries_have_one_key_exactly_if_they_are_the_same() {
    run("search", targets::search);
}

#[test]
fn directives_are_read_the_same_however_they_are_written() {
    run("directives", targets::directives);
}

#[test]
fn what_redis_holds_is_understood_or_passed_over() {
    run("stored_form", targets::stored_form);
}

#[test]
fn the_feed_says_the_same_however_it_is_cut() {
    run("feed", targets::feed);
}
