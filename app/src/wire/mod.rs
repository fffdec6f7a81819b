//! What the roster worker and the server say to each other. The worker has no Leptos in it: it calls the same server
//! functions by their addresses, which stand here beside the types that travel.

pub mod error_text;

use roster::field::PersonRow;
use roster::review::{Action, KnownPerson, Options};
use serde::{Deserialize, Serialize};

/// Why a server function did not do what was asked; every sentence may be shown to the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// 401: nobody is signed in (any more).
    #[error("You are signed out. Sign in to go on.")]
    SignInRequired,
    /// 403: a password change is due first.
    #[error("Choose your own password first.")]
    PasswordChangeRequired,
    /// 403: the password was given too long ago for what was asked.
    #[error("Give your password once more to go on.")]
    ProofRequired,
    /// 403: a second factor has to be set up first.
    #[error("Set up a second factor first.")]
    SecondFactorRequired,
    /// 403: the role does not allow it.
    #[error("Your account may not do this.")]
    Forbidden,
    /// 404: there is no such thing, or it is not for this person.
    #[error("There is nothing here.")]
    NotFound,
    /// 409 or 422: asked for something that cannot be done; the sentence says why and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// 409: a chunk came too early; the number that is expected next.
    #[error("The server expects part {0} of this import next.")]
    ChunkExpected(u32),
    /// 429 or 503: try again in a moment.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// 503: the database cannot be reached.
    #[error("The server cannot reach its database right now. Nothing was changed; try again in a moment.")]
    Unavailable,
    /// The request did not get through, or the answer could not be read.
    #[error("The server could not be reached. Check the connection and try again.")]
    Transport(String),
}

/// Most rows a chunk may carry.
pub const CHUNK_ROWS: u32 = 2_000;

/// Opens an import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewImport {
    /// Name of the file, to recognise it by; never used as a path.
    pub file_name: String,
    /// Fingerprint of the file: an upload of it that was cut off ends when what is left is confirmed.
    pub file_digest: String,
    /// What was decided in the review.
    pub options: Options,
    /// Column titles of the file, with the field each one feeds (`first_name`, …).
    pub columns: Vec<(String, String)>,
    /// How many rows will be sent.
    pub rows: u32,
    /// Digest of the plan.
    pub digest: Vec<u8>,
    /// When the review looked at the directory ([`DirectoryKeys::as_of`]): whoever was changed later is left alone.
    pub reviewed_at: Option<i64>,
}

/// Who is in the directory, for a review that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryKeys {
    /// The server's time, in milliseconds since 1970 (UTC).
    pub as_of: i64,
    /// Fingerprints of everybody's username and address; `None` where there are too many to send.
    pub keys: Option<Vec<[u64; 2]>>,
    /// Fingerprints of what usernames look like that look like something else than themselves.
    pub looks: Vec<u64>,
}

/// An active member, for a review that finds out who is not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberKeys {
    /// The account.
    pub account: [u8; 16],
    /// Fingerprint of the username.
    pub username: u64,
    /// Fingerprint of the address.
    pub email: u64,
}

/// Somebody who is not in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentBrief {
    /// Username.
    pub username: String,
    /// First and last name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Department, if known.
    pub department: String,
}

/// Most people who are named as absent at a time.
pub const ABSENT_AT_ONCE: usize = 10_000;

/// An import that was opened, or found again because the very same plan was sent in part before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedImport {
    /// Identifier.
    pub id: String,
    /// Number of the chunk that is expected next; 0 for a new one.
    pub next_chunk: u32,
}

/// Answer to a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkAnswer {
    /// Rows that have arrived so far.
    pub received: u32,
    /// Number of the chunk that is expected next.
    pub next_chunk: u32,
}

/// A server function that the worker calls: what goes there is the tuple of its arguments.
pub trait Call {
    /// Its address.
    const PATH: &'static str;
    /// Its arguments, in their order.
    type Arguments: Serialize;
    /// What it answers with.
    type Answer: for<'de> Deserialize<'de>;
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident $path:literal $arguments:ty => $answer:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Call for $name {
                const PATH: &'static str = $path;
                type Arguments = $arguments;
                type Answer = $answer;
            }
        )*
    };
}

calls! {
    /// [`open_import`](crate::api::imports::open_import).
    OpenImport "/api/admin/open_import" (NewImport,) => OpenedImport;
    /// [`send_chunks`](crate::api::imports::send_chunks): the import, the number of the first chunk, the rows of each.
    SendChunks "/api/admin/send_chunks" (String, u32, Vec<Vec<(PersonRow, Action)>>) => ChunkAnswer;
    /// [`seal_import`](crate::api::imports::seal_import).
    SealImport "/api/admin/seal_import" (String,) => ();
    /// [`mend_rows`](crate::api::imports::mend_rows): the import, when the directory was looked at, the options, rows under
    /// their numbers.
    MendRows "/api/admin/mend_rows" (String, Option<i64>, Options, Vec<(PersonRow, Action)>) => u32;
    /// [`cancel_import`](crate::api::imports::cancel_import).
    CancelImport "/api/admin/cancel_import" (String,) => ();
    /// [`member_keys`](crate::api::absent::member_keys): those after an account.
    MembersAfter "/api/admin/member_keys" (Option<[u8; 16]>,) => Vec<MemberKeys>;
    /// [`absent_people`](crate::api::absent::absent_people): some accounts.
    AbsentPeople "/api/admin/absent_people" (Vec<[u8; 16]>,) => Vec<AbsentBrief>;
    /// [`name_absent`](crate::api::absent::name_absent): the import, some accounts.
    NameAbsent "/api/admin/name_absent" (String, Vec<[u8; 16]>) => ();
    /// [`known_people`](crate::api::people_admin::known_people): keys of usernames, keys of addresses.
    KnownPeople "/api/admin/known_people" (Vec<String>, Vec<String>) => Vec<KnownPerson>;
    /// [`known_keys`](crate::api::people_admin::known_keys).
    KnownKeys "/api/admin/known_keys" () => DirectoryKeys;
}

/// The arguments of [`SendChunks`], put together from chunks that were written down one by one as they became ready.
///
/// # Errors
/// None that could happen: an address and two numbers can always be written down.
#[cfg(any(feature = "worker", test))]
pub fn chunks_arguments(import: &str, number: u32, chunks: &[Vec<u8>]) -> Result<Vec<u8>, postcard::Error> {
    let mut arguments = postcard::to_stdvec(&(import, number, chunks.len()))?;
    for chunk in chunks {
        arguments.extend_from_slice(chunk);
    }
    Ok(arguments)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::api::{absent, imports, people_admin};
    use leptos::server_fn::ServerFn;
    use roster::field::Values;

    /// A server function makes a struct of its arguments; in postcard that is the tuple of its fields.
    #[test]
    fn the_worker_sends_what_the_server_reads() {
        fn same<C: Call>(sent: &C::Arguments, read: &impl Serialize) {
            assert_eq!(postcard::to_stdvec(sent), postcard::to_stdvec(read), "{}", C::PATH);
        }
        let import = NewImport {
            file_name: "people.csv".to_owned(),
            file_digest: String::new(),
            options: Options::default(),
            columns: vec![("Login".to_owned(), "username".to_owned())],
            rows: 2,
            digest: vec![7; 32],
            reviewed_at: None,
        };
        same::<OpenImport>(&(import.clone(),), &imports::OpenImport { import });
        let id = || "018f".to_owned();
        let values =
            || Values { username: "ann".to_owned(), change_password: Some(true), ..Values::default() };
        let rows = || vec![(PersonRow { row: 1, line: 2, values: values() }, Action::Add)];
        same::<SendChunks>(
            &(id(), 300, vec![rows(), rows()]),
            &imports::SendChunks { import: id(), number: 300, chunks: vec![rows(), rows()] },
        );
        let (one, two) = (rows(), [rows(), rows()].concat());
        let written = [&one, &two].map(|chunk| postcard::to_stdvec(chunk).expect("written"));
        let together = chunks_arguments(&id(), 7, &written).expect("written");
        assert_eq!(postcard::to_stdvec(&(id(), 7_u32, vec![one, two])), Ok(together));
        same::<SealImport>(&(id(),), &imports::SealImport { import: id() });
        same::<MendRows>(
            &(id(), Some(5), Options::default(), rows()),
            &imports::MendRows {
                import: id(),
                reviewed_at: Some(5),
                options: Options::default(),
                rows: rows(),
            },
        );
        same::<CancelImport>(&(id(),), &imports::CancelImport { import: id() });
        same::<MembersAfter>(&(Some([7; 16]),), &absent::MembersAfter { after: Some([7; 16]) });
        same::<AbsentPeople>(&(vec![[7; 16]],), &absent::AbsentPeople { accounts: vec![[7; 16]] });
        same::<NameAbsent>(
            &(id(), vec![[7; 16]]),
            &absent::NameAbsent { import: id(), accounts: vec![[7; 16]] },
        );
        let (usernames, emails) = (vec!["ann".to_owned()], vec!["bo@example.org".to_owned(), "c".to_owned()]);
        same::<KnownPeople>(
            &(usernames.clone(), emails.clone()),
            &people_admin::KnownPeople { usernames, emails },
        );
        same::<KnownKeys>(&(), &people_admin::KnownKeys {});
    }

    /// And gets back what it expects: this compiles only while the types are the same.
    #[test]
    fn the_worker_reads_what_the_server_answers() {
        fn same<C: Call, F: ServerFn<Output = C::Answer>>() -> (&'static str, &'static str) {
            (C::PATH, F::PATH)
        }
        for (called, answered) in [
            same::<OpenImport, imports::OpenImport>(),
            same::<SendChunks, imports::SendChunks>(),
            same::<SealImport, imports::SealImport>(),
            same::<MendRows, imports::MendRows>(),
            same::<CancelImport, imports::CancelImport>(),
            same::<MembersAfter, absent::MembersAfter>(),
            same::<AbsentPeople, absent::AbsentPeople>(),
            same::<NameAbsent, absent::NameAbsent>(),
            same::<KnownPeople, people_admin::KnownPeople>(),
            same::<KnownKeys, people_admin::KnownKeys>(),
        ] {
            assert_eq!(called, answered);
        }
    }
}
