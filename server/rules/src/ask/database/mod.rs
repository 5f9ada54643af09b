//! What queries ask for, touch and hand over, as code and schema tell.

pub(in crate::ask) mod absence;
pub(in crate::ask) mod belonging;
pub(in crate::ask) mod bookkeeping;
pub(in crate::ask) mod bulk;
pub(in crate::ask) mod exclusive;
pub(in crate::ask) mod fetched;
pub mod filter;
pub(in crate::ask) mod gathered;
pub(in crate::ask) mod growth;
pub(in crate::ask) mod query;
pub mod reading;
pub(in crate::ask) mod record;
pub(in crate::ask) mod resolver;
pub mod row;
pub mod size;
pub(in crate::ask) mod sql_text;
pub(in crate::ask) mod table;
pub(in crate::ask) mod touch;
pub(in crate::ask) mod transaction;
pub(in crate::ask) mod used_columns;

pub use absence::{Absence, absence};
pub use belonging::{Bond, Step, bond};
pub use bookkeeping::{are_stamps, is_bookkeeping};
pub use bulk::is_bulk_work;
pub use exclusive::is_exclusive;
pub use fetched::{Fetched, Says, fetches_all};
pub use gathered::{Gathered, Numbers, numbers};
pub use growth::{Growth, Left, growth, is_key, is_lasting, is_wide, left};
pub use query::{each_query, is_example};
pub use record::{Record, record_of};
pub(crate) use record::{derives, is_renamed, struct_of};
pub use sql_text::{SqlText, sql_texts};
pub use table::{column_of, is_in_process, schema_of, table_of};
pub use touch::{
    Action, Given, Touch, TouchMemo, givens, handle, is_of_users_or_money, plain_name, touches,
    touches_of_call, writes_of_function,
};
pub(crate) use touch::{chain, schema_table};
pub use transaction::{are_on_one_path, frame, is_in_transaction, may_be_transaction};
pub use used_columns::{Used, used_columns};
