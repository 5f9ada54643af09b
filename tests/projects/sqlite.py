"""Does SQLite accept this SQL? Runs each file in order and prints the indexes, one `table index` a line."""

import sqlite3
import sys

database = sqlite3.connect(":memory:")
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        database.executescript(file.read())
rows = database.execute("select tbl_name, name from sqlite_master where type = 'index' and sql is not null order by 1, 2")
for table, name in rows:
    print(table, name)
