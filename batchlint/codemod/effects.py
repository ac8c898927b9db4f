"""What calls of libraries do, by path or by the method's name where the receiver is unknown."""

from __future__ import annotations

import re

PUTTING = frozenset({"append", "add", "appendleft", "insert", "put", "push", "setdefault"})
"""Methods that put their last argument into a container."""
CACHES = frozenset({"cache", "lru_cache"})
"""Decorators under which equal calls give the same object."""
MUTATORS = frozenset(
    [
        "append",
        "extend",
        "add",
        "update",
        "insert",
        "appendleft",
        "extendleft",
        "push",
        "setdefault",
        "__setitem__",
        "__delitem__",
        "__iadd__",
        "__iand__",
        "__imul__",
        "__ior__",
        "__isub__",
        "__ixor__",
        "__setattr__",
        "__delattr__",
        "put",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "discard",
        "clear",
        "sort",
        "reverse",
        "write",
        "writelines",
        "writerow",
        "writerows",
        "commit",
        "execute",
        "executemany",
        "executescript",
        "send",
        "save",
        "delete",
        "insert_one",
        "insert_many",
        "update_one",
        "update_many",
        "replace_one",
        "bulk_create",
        "upsert",
        "set",
        "put_nowait",
        "increment",
        "incr",
        "record",
        "log",
        "add_all",
        "flush",
        "close",
        "next",
        "subtract",
        "move_to_end",
        "add_row",
        "insert_row",
        "add_documents",
        "add_texts",
        "write_text",
        "write_bytes",
        "mkdir",
        "unlink",
        "touch",
        "rename",
        "rmdir",
    ]
)
PLAIN = frozenset(
    {
        "Path", "PurePath", "str", "join", "joinpath", "lower", "upper", "strip", "format", "replace", "with_suffix",
        "with_name", "with_stem", "resolve", "absolute", "dirname", "basename", "splitext", "abspath", "realpath",
        "normpath", "expanduser", "encode", "sha256", "sha1", "md5", "hexdigest",
    }
)  # fmt: skip
"""Calls that give the same wherever they stand."""
READERS = frozenset(
    [
        "get",
        "items",
        "keys",
        "values",
        "copy",
        "split",
        "join",
        "strip",
        "format",
        "lower",
        "upper",
        "encode",
        "decode",
        "startswith",
        "endswith",
        "replace",
        "rstrip",
        "lstrip",
        "count",
        "index",
        "find",
        "title",
        "capitalize",
        "splitlines",
        "read",
        "readline",
        "readlines",
        "fetchone",
        "fetchall",
        "fetchmany",
        "exists",
        "is_file",
        "is_dir",
        "model_dump",
        "model_dump_json",
        "dict",
        "json",
        "group",
        "groups",
        "match",
        "search",
        "render",
        "most_common",
        "total",
        "isoformat",
        "strftime",
    ]
)
LOOKS = frozenset(
    {
        "__contains__", "__getitem__", "__iter__", "__len__", "__eq__", "get", "isdisjoint", "issubset", "issuperset",
        "intersection", "union", "difference", "symmetric_difference",
    }
)  # fmt: skip
"""Methods of containers that look at them, by names that no attribute has which is no method."""
TRANSACTIONS = {
    "begin": "write", "begin_nested": "write", "start_transaction": "write", "savepoint": "write",
    "commit": "sum", "rollback": "sum", "savepoint_commit": "sum", "savepoint_rollback": "sum",
}  # fmt: skip
"""Methods that begin and end transactions, with how they touch them."""
FILE_READ = frozenset({"read_text", "read_bytes", "exists", "is_file", "stat"})
FILE_LIST = frozenset({"iterdir", "glob", "rglob"})
FILE_WRITE = frozenset({"write_text", "write_bytes", "unlink", "touch", "rename", "replace_file"})
QUIET = re.compile(
    r"(logging|dotenv|structlog|loguru|warnings|time\.sleep|tqdm|rich\.progress|traceback|gc|asyncio\.run|asyncio\..*run_until_complete|builtins\.(print|super|breakpoint))\b"
)
PRINTS_AT_ONCE = re.compile(r"django\.core\.management\.(base\.)?\w*Command\.(?P<name>stdout|stderr)\.write$")
"""What writes to the stream that the program began with, which no driver can keep for an item's turn."""
OPENERS = {
    "builtins.open": "r", "io.open": "r", "codecs.open": "r", "aiofiles.open": "r", "gzip.open": "r", "bz2.open": "r",
    "lzma.open": "r", "gzip.GzipFile": "r", "bz2.BZ2File": "r", "lzma.LZMAFile": "r", "zipfile.ZipFile": "r",
    "tarfile.open": "r", "h5py.File": "r", "dbm.open": "r", "shelve.open": "c",
}  # fmt: skip
"""What opens a file, with the mode in which it does so where none is given: the second argument, or a keyword."""
HOLDING = frozenset({"zipfile.ZipFile", "h5py.File", "dbm.open", "shelve.open"})
"""Those of them that show what the file holds where they go on writing it."""
EXTERNAL_READS = {
    "os.path.exists",
    "os.path.isfile",
    "os.path.getsize",
    "builtins.open",
    "io.open",
}
EXTERNAL_LISTS = {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"}
"""What looks which files are in a folder; `FILE_LIST` as methods of a path."""
FRAME_READ = re.compile(
    r"pandas\.(.*\.)?read_(csv|json|parquet|excel|pickle|feather|table|xml)$|openpyxl\.(.*\.)?load_workbook$"
)
DOCUMENTS = re.compile(r"(openpyxl|docx|pptx|PIL)\.")
"""Whose objects `save` writes into the file that it is given."""
FRAME_WRITE = frozenset({"to_csv", "to_json", "to_parquet", "to_excel", "to_pickle", "to_feather", "to_markdown"})
"""Methods that write what the object holds into a file, where they are given one."""
EXTERNAL_WRITES = {"os.remove", "os.unlink", "os.rename", "os.replace", "shutil.move", "shutil.copy"}
DESCRIPTORS = {"os.read": "read", "os.write": "write", "os.pread": "read", "os.pwrite": "write"}
"""What reads and writes whatever a number stands for: a file, a pipe."""
ARRAYS = re.compile(r"(numpy|torch|jax\.numpy|cupy)\.\w+\(\)$")
"""What makes an array: none of its places is new when it is filled."""
MAKES_FOLDERS = frozenset({"os.makedirs", "os.mkdir"})
"""What makes a folder, as `mkdir` of a path does: who looks for a file in it finds none of another item's."""
ARGUMENT_WRITES = {
    "heapq.heappush": 0, "heapq.heappop": 0, "heapq.heapify": 0, "json.dump": 1,
    "pickle.dump": 1, "yaml.dump": 1, "yaml.safe_dump": 1, "bisect.insort": 0,
    "builtins.setattr": 0, "builtins.delattr": 0, "builtins.next": 0, "builtins.object.__setattr__": 0,
    "bisect.insort_left": 0, "bisect.insort_right": 0, "heapq.heappushpop": 0, "heapq.heapreplace": 0,
    "operator.setitem": 0, "operator.delitem": 0, "operator.iadd": 0, "operator.iconcat": 0, "operator.ior": 0,
    "numpy.copyto": 0, "numpy.put": 0, "numpy.place": 0, "numpy.putmask": 0,
    "struct.pack_into": 1, "xml.etree.ElementTree.SubElement": 0, "lxml.etree.SubElement": 0,
}  # fmt: skip
LOG_RECEIVERS = re.compile(r"(^|[._])(log|logger|logging|_log|_logger|pbar|bar|progress|console|st)$", re.IGNORECASE)
