//! Common passwords are refused, good ones pass: the promises of the table and the rules together.

use roster::Code;
use roster::policy::{Identity, PasswordPolicy};

fn refused_as_common(password: &str) -> bool {
    let policy = PasswordPolicy { min_length: 8, ..PasswordPolicy::default() };
    policy.check(password, &Identity::default()).is_err_and(|problem| problem.code == Code::PasswordCommon)
}

/// Words of four letters and more that have nothing to do with each other.
const WORDS: &str = "acorn anchor apron attic badger barley basil beacon beetle bicycle biscuit blanket bonfire border bottle \
bracket breeze bucket bundle cabin cactus candle canvas carpet castle cavern cedar cellar chalk chimney cinnamon clover \
cobble comet compass copper coral corner cottage cradle crayon crumb curtain cushion dagger desert dolphin drawer drizzle \
drum dusk eagle easel echo elbow ember engine envelope fable falcon feather fence ferry fiddle flannel flint forest fossil \
fountain funnel garage garlic glacier goblet granite gravel grove hammer hammock harbour harvest hatchet hazel hedge helmet \
heron hinge hollow humble ivory jacket jigsaw jungle kettle kitchen ladder lagoon lantern lattice ledger lemon library linen \
lobster locket magnet mango maple marble marsh meadow mirror mitten mosaic muffin mustard napkin needle nettle nickel \
noodle nutmeg oatmeal orchard otter oyster paddle pantry paper parcel parsley pebble pedal pelican pencil picnic pigeon \
pillow pistachio plank pocket pottery pudding puddle pumpkin quarry quilt rabbit radish raft raven ribbon ridge river \
rocket rooster rudder saddle sailor salmon sandal satchel saucer scarf shelf shovel sieve sketch skillet sleeve slipper \
snail socket sparrow spindle sponge stable steam stove sugar suitcase swallow table tailor tangle teapot thimble thistle \
ticket timber tinsel toast tractor trellis trumpet tulip tunnel turnip umbrella valley vanilla velvet violin volcano waffle \
wagon walnut walrus whistle willow window wolf wool wren yarn zebra";

#[test]
fn ten_thousand_random_phrases_of_four_words_pass() {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    assert!(words.len() > 200, "{} words", words.len());
    let policy = PasswordPolicy::default();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut word = || {
        // xorshift64: the same phrases every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        words[(state >> 20) as usize % words.len()]
    };
    for number in 0..10_000 {
        let between = [" ", "-", ".", ""][number % 4];
        let phrase = [word(), word(), word(), word()].join(between);
        // Four short words without anything between them can be too short, which is another rule's matter.
        if phrase.len() >= 15 {
            let verdict = policy.check(&phrase, &Identity::default());
            assert!(verdict.is_ok(), "{phrase}: {verdict:?}");
        }
    }
}

#[test]
fn what_many_people_chose_is_refused_also_dressed_up() {
    for password in [
        "sonnenschein2010",
        "Sonnenschein!2010",
        "schmetterling123",
        "passwordstandard",
        "momsanaladventure",
        "q1w2e3r4t5y6u7i8",
        "manchesterunited99",
        "wellensittich-1",
        "weshallovercome",
        "internacional1909",
        "paralelepipedo1",
        "seniseviyorum12",
        "alhamdulillah11",
        "qazxswedcvfr123",
        "NarutoUzumaki98",
        "meerschweinchen",
        "iseedeadpeople1",
    ] {
        assert!(refused_as_common(password), "{password}");
    }
}

#[test]
fn what_guessers_put_together_is_refused() {
    let stems =
        ["password", "qwerty", "dragon", "monkey", "welcome", "summer", "football", "letmein", "master"];
    for stem in stems {
        let longer = stem.repeat(15usize.div_ceil(stem.len()));
        for password in [
            longer.clone(),
            longer.to_uppercase(),
            format!("{stem}{stem}2026"),
            format!("{stem}{stem}!!!!!!!"),
            format!("{stem}1234567890{stem}"),
            format!("{stem}123456789012"),
            format!("1qaz2wsx{stem}"),
            format!("{stem}-{stem}-{stem}"),
        ] {
            assert!(refused_as_common(&password), "{password}");
        }
    }
}
