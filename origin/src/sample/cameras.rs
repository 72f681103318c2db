//! The real cameras of `data/cameras.csv`, cleaned as `data/README.md` says.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::PlanError;
use crate::domain::{CameraKind, Slug};

const CSV: &str = include_str!("../../data/cameras.csv");

/// A camera and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub slug: Slug,
    pub maker: String,
    pub model: String,
    pub kind: CameraKind,
    pub mount: Option<String>,
    pub crop_factor: f64,
}

/// What cleaning came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned {
    pub rows_read: usize,
    pub models: Vec<Model>,
}

#[derive(Deserialize)]
struct Row {
    maker: String,
    model: String,
    kind: String,
    mount: String,
    crop_factor: f64,
}

const PHONE_MAKERS: &[&str] = &["Apple", "Honor", "Huawei", "LG", "Microsoft", "Nokia"];
/// Beginnings of models of makers who make both.
const PHONES: &[(&str, &str)] = &[("Samsung", "Galaxy Note"), ("Samsung", "Galaxy S"), ("Sony", "Xperia")];
const FILM_MAKERS: &[&str] = &["KMZ", "Contax", "Rolleiflex"];
const FILM: &[(&str, &str)] =
    &[("Hasselblad", "Hasselblad 500"), ("Mamiya", "Mamiya 645"), ("Olympus", "Stylus Epic"), ("Olympus", "µ-II")];
/// A brand, not a model.
const PLACEHOLDERS: &[(&str, &str)] = &[("Sony", "Cyber-shot")];
/// As the maker writes them.
const SPELLINGS: &[(&str, &str)] =
    &[("Powershot", "PowerShot"), ("MarkIII", " Mark III"), ("MarkII", " Mark II"), (" & compatibles", "")];

/// # Errors
/// If the file is not what it was when this was written.
pub fn clean() -> Result<Cleaned, PlanError> {
    let mut cleaned = Cleaned { rows_read: 0, models: Vec::new() };
    let mut slugs = BTreeSet::new();
    for row in csv::Reader::from_reader(CSV.as_bytes()).deserialize() {
        let row: Row = row.map_err(|error| PlanError::Data(error.to_string()))?;
        cleaned.rows_read += 1;
        if is_left_out(&row) {
            continue;
        }
        let model = named(&row)?;
        // Variants of one camera follow each other: the first one's figures count.
        if slugs.insert(model.slug.clone()) {
            cleaned.models.push(model);
        }
    }
    Ok(cleaned)
}

fn is_left_out(row: &Row) -> bool {
    let listed = |list: &[(&str, &str)]| list.iter().any(|(maker, model)| row.maker == *maker && row.model.starts_with(model));
    let makers = |list: &[&str]| list.contains(&row.maker.as_str());
    row.maker == "Generic"
        || listed(PLACEHOLDERS)
        || row.model.contains("film")
        || makers(FILM_MAKERS)
        || listed(FILM)
        || makers(PHONE_MAKERS)
        || listed(PHONES)
}

fn named(row: &Row) -> Result<Model, PlanError> {
    let mut maker = row.maker.as_str();
    let mut model = row.model.split(", ").next().unwrap_or_default().to_owned();
    for (from, to) in SPELLINGS {
        model = model.replace(from, to);
    }
    // Sold under one name, filed under another.
    if let Some(rest) = model.strip_prefix("DJI ") {
        (maker, model) = ("DJI", rest.to_owned());
    }
    maker = match maker {
        "Leica Camera AG" => "Leica",
        "Ricoh Imaging Company, Ltd." => "Ricoh",
        other => other,
    };
    if model.to_lowercase().starts_with(&format!("{} ", maker.to_lowercase())) {
        model.drain(..=maker.len());
    }
    for ratio in [" (16:9)", " (3:2)", " (4:3)", " (1:1)"] {
        model = model.trim_end_matches(ratio).to_owned();
    }
    let kind = match (maker, row.kind.as_str()) {
        ("DJI", _) => CameraKind::Drone,
        ("Epson", _) => CameraKind::Rangefinder,
        (_, kind) => kind.parse().unwrap_or(CameraKind::Other),
    };
    // The database invents a mount for every fixed lens.
    let has_mount = matches!(kind, CameraKind::Slr | CameraKind::Mirrorless | CameraKind::Rangefinder | CameraKind::MediumFormat);
    let slug =
        Slug::suggest(&format!("{maker} {model}")).ok_or_else(|| PlanError::Data(format!("no slug for {maker} {model}")))?;
    Ok(Model {
        slug,
        maker: maker.to_owned(),
        model,
        kind,
        mount: has_mount.then(|| row.mount.clone()),
        crop_factor: row.crop_factor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_cameras_and_counts_them() {
        let cleaned = clean().unwrap();
        assert_eq!((cleaned.rows_read, cleaned.models.len()), (871, 823));
    }

    #[test]
    fn leaves_out_what_is_no_digital_camera_and_names_each_once() {
        let models = clean().unwrap().models;
        let has = |slug: &str| models.iter().any(|model| model.slug.as_str() == slug);
        for kept in [
            "canon-eos-r5",
            "canon-powershot-g5-x",
            "dji-mavic-2-pro",
            "leica-q2",
            "olympus-e-m1-mark-ii",
            "olympus-c-4000-zoom",
            "ricoh-gr-iii",
            "samsung-galaxy-nx",
            "pentax-ist-d",
        ] {
            assert!(has(kept), "{kept}");
        }
        for model in &models {
            let text = format!("{} {}", model.maker.replace("Fujifilm", "Fuji"), model.model);
            for bad in
                ["film", "iPhone", "Galaxy S", "Xperia", "Zenit", "Crop-factor", "(16:9)", "(3:2)", "(4:3)", "Leica Leica", ","]
            {
                assert!(!text.contains(bad), "{text}");
            }
            assert!(model.crop_factor > 0.0, "{text}");
        }
    }
}
