//! English.

use super::phrases::{Phrases, Section};
use crate::domain::CameraKind;

pub(super) static PHRASES: Phrases = Phrases {
    sample: "Sample:",
    disclaimer: "> **This is a sample.** A generator put the text together to demonstrate the site. Nobody tested the {camera} to write it; ratings, opinions and pictures are made up.",
    titles: &[
        "{camera}: a week in the street",
        "{camera}, the full review",
        "Is the {camera} worth it?",
        "The {camera} after a thousand frames",
        "Travelling with the {camera}",
    ],
    summaries: &[
        "a {kind} with faithful colours and trustworthy autofocus, if you can forgive the menus.",
        "light, quiet and good after dark: the {camera} is better in the hand than on paper.",
        "the {camera} gets handling and sharpness right, and stumbles over its battery.",
        "for portraits and travel, few cameras at this price get in the way so little.",
    ],
    openings: &[
        "We left early, with drizzle over the old town and the {camera} on a shoulder strap. It is a {kind} that lets itself be forgotten, which is the best praise we have for a camera.",
        "Some cameras dazzle in the window and tire you in the second week. The {camera} does the opposite: it starts out modest and earns a photographer's trust.",
        "We took the {camera} to a wedding in the hills, to a market and to the beach before dawn. We came back with sand in the bag and a firm opinion of this {kind}.",
    ],
    sections: &[
        Section {
            heading: "Body and handling",
            paragraphs: &[
                "The grip is deep and safe even with gloves on. Buttons have a short travel, and the main dial does not turn by itself in a rucksack.",
                "The body is compact without being cramped. The shutter release is where a finger expects it, and the tilting screen helps with low angles.",
                "Weather sealing stood up to the drizzle. Only the door over the connectors feels fragile.",
            ],
        },
        Section {
            heading: "Image quality",
            paragraphs: &[
                "Colours are natural, with pleasant skin tones and a blue that does not shout. There is dynamic range enough to lift the shadows.",
                "Sharpness is high in the centre and honest at the edges. Noise starts to bother us above ISO 6400, and even there the grain is fine.",
                "White balance rarely errs in mixed light. Shooting into the sun, flare is held back with dignity.",
            ],
        },
        Section {
            heading: "Autofocus",
            paragraphs: &[
                "Autofocus finds eyes quickly and does not let go. With birds among branches it errs, as they all do.",
                "Continuous tracking keeps up with cyclists and rather less well with children, who are faster.",
                "In low light the focus hesitates but seldom gives up. An assist lamp would have helped.",
            ],
        },
        Section {
            heading: "Video and battery",
            paragraphs: &[
                "Video is steady in the hand, and the built-in microphone will do for notes. The battery lasted a working morning.",
                "Stabilisation makes still shots possible without a tripod. Bring a second battery: the first is gone before lunch.",
                "There is no overheating in short takes. Charging over USB is slow, but the cable is always there.",
            ],
        },
    ],
    pros: &["faithful colours", "trustworthy autofocus", "quiet shutter", "good sealing", "sharp viewfinder", "low weight"],
    cons: &["short battery life", "confusing menus", "fragile door", "costly lenses", "slow charging"],
    pros_heading: "For",
    cons_heading: "Against",
    verdict_heading: "Verdict",
    verdicts: &[
        "The {camera} is neither the fastest nor the cheapest. It is the one we would take again tomorrow, and that weighs more than a specification.",
        "For family, travel and the street, the {camera} does nearly everything. Those who live on sports should look elsewhere.",
        "We recommend the {camera} to anyone who knows what they want from a {kind}. Everybody else should try it in a shop first.",
    ],
    alts: &[
        "Hills at dawn, lights out of focus in the foreground",
        "A ridge on the horizon under a graded sky",
        "Round lights out of focus above a valley",
    ],
    kinds: |kind| match kind {
        CameraKind::Slr => "reflex camera",
        CameraKind::Mirrorless => "mirrorless camera",
        CameraKind::Compact => "compact",
        CameraKind::Rangefinder => "rangefinder",
        CameraKind::Action => "action camera",
        CameraKind::Drone => "flying camera",
        CameraKind::MediumFormat => "medium-format camera",
        CameraKind::Phone | CameraKind::Other => "camera",
    },
};
