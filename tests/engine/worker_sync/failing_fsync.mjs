// Fails the first sync of a folder in a worker, once, as the system reports such an error.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

if (!isMainThread) {
  const { fsync } = fs;
  let isFirst = true;
  fs.fsync = (fd, callback) => {
    if (!isFirst) return fsync(fd, callback);
    isFirst = false;
    const error = Object.assign(new Error("EIO: i/o error, fsync"), {
      code: "EIO",
    });
    setImmediate(callback, error);
  };
  syncBuiltinESMExports();
}
