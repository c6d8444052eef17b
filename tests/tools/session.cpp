#include "session.hpp"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>

namespace zk_tree {
namespace {

// "tests:known-tree", and what ZooKeeper makes of it in an ACL: user, colon, Base64 of SHA-1 of the
// whole.
constexpr std::string_view kCredentials = "tests:known-tree";
constexpr const char* kDigestId = "tests:G/RtjgVTQ81b0Op2lR2wbA3jsEo=";

void check(int code, std::string_view action) {
  if (code != ZOK) {
    throw ZooKeeperError{code, action};
  }
}

int length_of(const Data& data) {
  if (!data) {
    return -1;  // the C client's way to write null
  }
  if (data->size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw std::length_error{"data too long for one znode"};
  }
  return static_cast<int>(data->size());
}

const char* bytes_of(const Data& data) {
  return data ? data->data() : nullptr;
}

/// An ACL in the C client's form; the pointers in it are into `entries`, which must outlive it.
class BorrowedAcl {
 public:
  explicit BorrowedAcl(const std::vector<AclEntry>& entries) {
    list_.reserve(entries.size());
    for (const AclEntry& entry : entries) {
      // The C structure has no const; zoo_create only reads.
      list_.push_back(ACL{entry.permissions, Id{const_cast<char*>(entry.scheme.c_str()),
                                                const_cast<char*>(entry.id.c_str())}});
    }
    vector_.count = static_cast<std::int32_t>(list_.size());
    vector_.data = list_.data();
  }
  const ACL_vector* get() const noexcept { return &vector_; }

 private:
  std::vector<ACL> list_;
  ACL_vector vector_{};
};

/// One answer that comes by a completion on the client's own thread.
class Answer {
 public:
  static void complete(int code, const void* self) {
    // The library hands back the pointer that it was given, with a const that was never ours.
    auto* answer = static_cast<Answer*>(const_cast<void*>(self));
    const std::scoped_lock lock{answer->mutex_};
    answer->code_ = code;
    answer->arrived_.notify_one();  // under the lock: the waiter may be gone right after it
  }
  int wait() {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return code_.has_value(); });
    return *code_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<int> code_;
};

}  // namespace

/// Whether the session stands, as the C client's watcher tells it.
class Session::Connection {
 public:
  static void watch(zhandle_t* /*handle*/, int type, int state, const char* /*path*/, void* self) {
    if (type == ZOO_SESSION_EVENT && state == ZOO_CONNECTED_STATE) {
      auto* connection = static_cast<Connection*>(self);
      const std::scoped_lock lock{connection->mutex_};
      connection->stands_ = true;
      connection->changed_.notify_one();
    }
  }
  bool wait(std::chrono::seconds deadline) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, deadline, [this] { return stands_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stands_ = false;
};

ZooKeeperError::ZooKeeperError(int code, std::string_view action)
    : std::runtime_error{std::string{action} + ": " + zerror(code)}, code_{code} {}

Session::Session(const std::string& host_port, std::chrono::milliseconds session_timeout,
                 std::chrono::seconds deadline)
    : connection_{std::make_unique<Connection>()} {
  zoo_set_debug_level(static_cast<ZooLogLevel>(0));
  handle_.reset(zookeeper_init(host_port.c_str(), Connection::watch,
                               static_cast<int>(session_timeout.count()), nullptr,
                               connection_.get(), 0));
  if (!handle_) {
    throw NoSession{"'" + host_port + "' is no address of a server"};
  }
  if (!connection_->wait(deadline)) {
    throw NoSession{"no session with " + host_port + " within " + std::to_string(deadline.count()) +
                    " s"};
  }
  authenticate();
}

Session::~Session() = default;

void Session::authenticate() {
  Answer answer;
  check(zoo_add_auth(handle_.get(), "digest", kCredentials.data(),
                     static_cast<int>(kCredentials.size()), Answer::complete, &answer),
        "authenticate");
  check(answer.wait(), "authenticate");
}

void Session::create(const std::string& path, const Data& data, const std::vector<AclEntry>& acl,
                     Lifetime lifetime) {
  const BorrowedAcl borrowed{acl};
  const int flags = lifetime == Lifetime::Ephemeral ? ZOO_EPHEMERAL : 0;
  check(zoo_create(handle_.get(), path.c_str(), bytes_of(data), length_of(data), borrowed.get(),
                   flags, nullptr, 0),
        "create " + path);
}

void Session::set(const std::string& path, const Data& data) {
  check(zoo_set(handle_.get(), path.c_str(), bytes_of(data), length_of(data), -1), "set " + path);
}

void Session::remove(const std::string& path) {
  check(zoo_delete(handle_.get(), path.c_str(), -1), "delete " + path);
}

Znode Session::get(const std::string& path) {
  Znode znode;
  check(zoo_exists(handle_.get(), path.c_str(), 0, &znode.stat), "look for " + path);
  // A write between the two calls would cut the data short, so ask again until the size is the
  // data's own.
  for (;;) {
    std::string buffer(static_cast<std::size_t>(znode.stat.dataLength), '\0');
    int length = static_cast<int>(buffer.size());
    check(zoo_get(handle_.get(), path.c_str(), 0, buffer.data(), &length, &znode.stat),
          "get " + path);
    if (length < 0) {
      return znode;
    }
    if (length == znode.stat.dataLength) {
      buffer.resize(static_cast<std::size_t>(length));
      znode.data = std::move(buffer);
      return znode;
    }
  }
}

std::vector<std::string> Session::children(const std::string& path) {
  String_vector found{};
  check(zoo_get_children(handle_.get(), path.c_str(), 0, &found), "list " + path);
  const std::unique_ptr<String_vector, int (*)(String_vector*)> owner{&found,
                                                                      deallocate_String_vector};
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(found.count));
  for (std::int32_t index = 0; index < found.count; ++index) {
    names.emplace_back(found.data[index]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<AclEntry> Session::acl(const std::string& path) {
  ACL_vector found{};
  Stat stat{};
  check(zoo_get_acl(handle_.get(), path.c_str(), &found, &stat), "get the ACL of " + path);
  const std::unique_ptr<ACL_vector, int (*)(ACL_vector*)> owner{&found, deallocate_ACL_vector};
  std::vector<AclEntry> entries;
  for (std::int32_t index = 0; index < found.count; ++index) {
    const ACL& entry = found.data[index];
    entries.push_back(AclEntry{entry.perms, entry.id.scheme, entry.id.id});
  }
  return entries;
}

std::int64_t Session::id() const {
  return zoo_client_id(handle_.get())->client_id;
}

std::vector<AclEntry> open_to_all() {
  return {AclEntry{ZOO_PERM_ALL, "world", "anyone"}};
}

std::vector<AclEntry> owned_by_digest_user() {
  return {AclEntry{ZOO_PERM_READ, "world", "anyone"}, AclEntry{ZOO_PERM_ALL, "digest", kDigestId}};
}

}  // namespace zk_tree
