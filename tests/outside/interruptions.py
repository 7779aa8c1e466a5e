"""What an interrupted experiment must come to: the same as one that was left alone."""
import shutil
import sqlite3

from service import wait_until


def results(server, experiment):
    """All that training gave: the epochs of every run, its parameters and its predictions."""
    rows = server.get(f"/experiments/{experiment}")["runs"]
    records = [server.get(f"/experiments/{experiment}/runs/{row['run']}") for row in rows]
    return (server.text(f"/experiments/{experiment}/epochs?format=csv"),
            [record["parameters"] for record in records],
            [record["predictions"] for record in records])


def wait_for_more_epochs(server, experiment, before):
    """The epochs of all runs together, once they are more than before."""
    def more():
        rows = server.get(f"/experiments/{experiment}")["runs"]
        epochs = sum(row["epoch"] for row in rows)
        return epochs if epochs > before else None
    return wait_until(more, 30 * server.slowness, f"more epochs than {before}")


def check_store(server, copy):
    """What a killed server left, as it lies there, is a whole database. A copy is asked: the
    server itself must recover from the files untouched. Returns the ids of its experiments."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for path in server.data.glob("descent.db*"):
        shutil.copy(path, copy / path.name)
    database = sqlite3.connect(copy / "descent.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ids = {row[0] for row in database.execute("SELECT id FROM experiment")}
    database.close()
    return ids
