// The thin layer over SQLite: owned connections and statements, errors as Result. Private to store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace perfscope::store {

// A prepared statement. Binds in order; the first error is kept, nothing is done after it, so that
// the connection still has its message.
class Statement {
 public:
  // `rest`, when given, receives what follows the first statement of `sql`.
  Statement(sqlite3* database, const char* sql, const char** rest = nullptr);

  Statement& bind(int64_t value);
  Statement& bind(uint64_t value) { return bind(static_cast<int64_t>(value)); }
  Statement& bind(uint32_t value) { return bind(int64_t{value}); }
  Statement& bind(int value) { return bind(int64_t{value}); }
  Statement& bind(double value);
  Statement& bind(const std::string& value);
  Statement& bind(const char* value) { return bind(std::string(value)); }
  template <typename T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  Statement& bind_null();

  // Runs to the end and makes the statement ready for the next row.
  void run();
  // Advances to the next row; false at the end or after an error.
  bool next();

  int64_t integer(int column) const;
  uint64_t unsigned_integer(int column) const { return static_cast<uint64_t>(integer(column)); }
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;
  uint64_t text_bytes() const;  // of all texts and blobs of the row
  int columns() const;
  std::string column_name(int column) const;

  // False when the text was empty, a comment, or wrong.
  bool exists() const { return statement_ != nullptr; }
  // SQLite's result code of the first thing that went wrong, or SQLITE_OK.
  int status() const { return status_; }

 private:
  void note(int code);
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameter_ = 0;
  int status_ = 0;
};

class Database {
 public:
  // Creates an empty database file; an existing one is replaced.
  static Result<Database> create(const std::string& path);
  // Opens for reading. A file whose writer was killed in the middle of a slice is restored to its
  // last complete one, in place where that is allowed and in a temporary copy where it is not.
  static Result<Database> open_readonly(const std::string& path);

  sqlite3* handle() const { return handle_.get(); }
  Status execute(const char* sql);
  Statement prepare(const char* sql) const { return {handle(), sql}; }
  // The last error, in terms of this file.
  Error error(ErrorCode code, const std::string& what) const;
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  static Result<Database> open(const std::string& path, int flags, const std::string& shown_path);

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

}  // namespace perfscope::store
