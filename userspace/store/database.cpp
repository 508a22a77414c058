#include "store/database.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "store/schema.h"
#include "store/schema_check.h"

namespace perfscope::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMagic = "SQLite format 3";

// Errors that are clearer before SQLite sees the file.
Status check_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return errno_error(ErrorCode::kBadInput, "open " + path, errno);
  if (!S_ISREG(status.st_mode))
    return Error(ErrorCode::kBadInput, path + ": not a regular file; give a .perfscope recording");
  Result<std::string> head = read_file(path, 16);
  if (!head) return Error(ErrorCode::kBadInput, head.error().message());
  if (head->empty())
    return Error(ErrorCode::kBadInput, path + ": the file is empty; the recording never started");
  if (!head->starts_with(kMagic))
    return Error(ErrorCode::kBadInput,
                 path + ": not a perfscope recording; make one with: perfscope record -o " +
                     fs::path(path).filename().string());
  return Ok{};
}

// Restored to what it was before its first transaction: nothing.
bool is_empty(const Database& database) {
  Statement pages = database.prepare("PRAGMA page_count");
  return pages.next() && pages.integer(0) == 0;
}

Status check_version(const Database& database) {
  Statement application = database.prepare("PRAGMA application_id");
  Statement version = database.prepare("PRAGMA user_version");
  const std::string& path = database.path();
  if (!application.next() || !version.next())
    return database.error(ErrorCode::kBadInput, "read " + path);
  if (is_empty(database))
    return Error(ErrorCode::kBadInput, path + ": the recording was cut off before it began");
  if (application.integer(0) != kApplicationId)
    return Error(ErrorCode::kBadInput,
                 path + ": an SQLite database, but not a perfscope recording");
  if (version.integer(0) > kSchemaVersion)
    return Error(ErrorCode::kBadInput,
                 path + ": recorded by a newer perfscope (file version " +
                     std::to_string(version.integer(0)) + ", this program reads up to " +
                     std::to_string(kSchemaVersion) + "); upgrade perfscope to read it");
  if (version.integer(0) < 1)
    return Error(
        ErrorCode::kBadInput,
        path + ": file version " + std::to_string(version.integer(0)) + " never was; record again");
  return check_schema(database);
}

// A rolled-back copy lives as long as this process reads it: unlinked at once, held by SQLite.
Result<std::string> copy_with_journal(const std::string& path) {
  std::string folder = fs::temp_directory_path() / "perfscope-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return errno_error(ErrorCode::kFailed, "create a temporary folder", errno);
  std::error_code error;
  fs::copy_file(path, folder + "/copy", error);
  if (!error) fs::copy_file(path + "-journal", folder + "/copy-journal", error);
  // Copies take the permissions along, and these are to be written.
  constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;
  for (const char* name : {"/copy", "/copy-journal"})
    if (!error) fs::permissions(folder + name, kOwnerOnly, error);
  if (!error) return folder;
  std::string reason = error.message();
  fs::remove_all(folder, error);
  return Error(ErrorCode::kBadInput, "restore " + path + " in " + folder + ": " + reason);
}

}  // namespace

Statement::Statement(sqlite3* database, const char* sql, const char** rest) {
  sqlite3_stmt* raw = nullptr;
  note(sqlite3_prepare_v2(database, sql, -1, &raw, rest));
  statement_.reset(raw);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int code) {
  bool fine = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
  if (!fine && status_ == SQLITE_OK) status_ = code;
}

Statement& Statement::bind(int64_t value) {
  if (status_ == SQLITE_OK) note(sqlite3_bind_int64(statement_.get(), ++parameter_, value));
  return *this;
}

Statement& Statement::bind(double value) {
  if (status_ == SQLITE_OK) note(sqlite3_bind_double(statement_.get(), ++parameter_, value));
  return *this;
}

Statement& Statement::bind(const std::string& value) {
  if (status_ == SQLITE_OK)
    note(sqlite3_bind_text64(statement_.get(), ++parameter_, value.data(), value.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null() {
  if (status_ == SQLITE_OK) note(sqlite3_bind_null(statement_.get(), ++parameter_));
  return *this;
}

void Statement::run() {
  if (status_ != SQLITE_OK) return;
  note(sqlite3_step(statement_.get()));
  note(sqlite3_reset(statement_.get()));
  parameter_ = 0;
}

bool Statement::next() {
  if (status_ != SQLITE_OK) return false;
  int code = sqlite3_step(statement_.get());
  note(code);
  return code == SQLITE_ROW;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? "" : std::string(reinterpret_cast<const char*>(bytes), size);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
uint64_t Statement::text_bytes() const {
  uint64_t sum = 0;
  for (int column = 0; column < columns(); ++column) {
    int type = sqlite3_column_type(statement_.get(), column);
    if (type == SQLITE_TEXT || type == SQLITE_BLOB)
      sum += static_cast<uint64_t>(sqlite3_column_bytes(statement_.get(), column));
  }
  return sum;
}
int Statement::columns() const { return sqlite3_column_count(statement_.get()); }
std::string Statement::column_name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, int flags, const std::string& shown_path) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw, shown_path);
  if (code != SQLITE_OK) return database.error(ErrorCode::kBadInput, "open " + shown_path);
  // Hostile files: no schema may call functions, no corrupt page may be trusted, no cell may claim
  // all memory.
  constexpr int kMaxCellBytes = 16 << 20;
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kMaxCellBytes);
  sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_exec(raw, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
  return database;
}

Result<Database> Database::create(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return Error(ErrorCode::kCannotWrite,
                 "write " + path + ": this is a folder; choose another place with -o");
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(path + suffix, ignored);
  // SQLite would say "unable to open database file" for each of these.
  Fd probe(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!probe)
    return Error(ErrorCode::kCannotWrite,
                 errno_error(ErrorCode::kCannotWrite, "write " + path, errno).message() +
                     "; choose another place with -o");
  probe.reset();
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path);
}

Result<Database> Database::open_readonly(const std::string& path) {
  if (Status fine = check_file(path); !fine) return fine.error();
  std::error_code ignored;
  std::uintmax_t journal_bytes = fs::file_size(path + "-journal", ignored);
  bool interrupted = !ignored && journal_bytes > 0;
  // Rolling an unfinished slice back writes the file and removes the journal from its folder.
  const std::string folder_of_file = fs::absolute(path).parent_path();
  bool may_restore = interrupted && ::access(path.c_str(), W_OK) == 0 &&
                     ::access(folder_of_file.c_str(), W_OK) == 0;
  if (interrupted && !may_restore) {
    Result<std::string> folder = copy_with_journal(path);
    if (!folder) return folder.error();
    Result<Database> copy = open(*folder + "/copy", SQLITE_OPEN_READWRITE, path);
    Status fine = copy ? check_version(*copy) : Status(copy.error());
    fs::remove_all(*folder, ignored);
    if (!fine) return fine.error();
    return copy;
  }
  Result<Database> database =
      open(path, may_restore ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, path);
  if (!database) return database;
  if (Status fine = check_version(*database); !fine) return fine.error();
  return database;
}

Status Database::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return Ok{};
  return error(ErrorCode::kFailed, "write " + path_);
}

Error Database::error(ErrorCode code, const std::string& what) const {
  int extended = sqlite3_extended_errcode(handle());
  int primary = extended & 0xff;
  // SQLite quotes names that the file gives.
  std::string reason = printable(sqlite3_errmsg(handle()));
  if (primary == SQLITE_FULL)
    reason =
        "the disk is full; what was recorded before is kept, free some space or choose another "
        "folder with -o";
  if (primary == SQLITE_BUSY) reason = "it is still being recorded; wait until the recording ends";
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    reason = "the file is damaged (" + reason + "); record again";
  if (primary == SQLITE_IOERR) {
    int system_error = sqlite3_system_errno(handle());
    if (system_error != 0) reason += ": " + std::generic_category().message(system_error);
  }
  return {code, what + ": " + reason};
}

}  // namespace perfscope::store
