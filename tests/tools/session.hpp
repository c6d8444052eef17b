#pragma once

#include <zookeeper/zookeeper.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace zk_tree {

/// What ZooKeeper answered instead of doing what was asked; code() is the C client's (ZNONODE,
/// ...).
class ZooKeeperError : public std::runtime_error {
 public:
  ZooKeeperError(int code, std::string_view action);
  int code() const noexcept { return code_; }

 private:
  int code_;
};

/// No session could be made before the deadline.
class NoSession : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A znode's data: null (nullopt) and empty are two different things in ZooKeeper.
using Data = std::optional<std::string>;

struct AclEntry {
  std::int32_t permissions = 0;
  std::string scheme;
  std::string id;
};

struct Znode {
  Data data;
  Stat stat{};
};

enum class Lifetime { Persistent, Ephemeral };

/// A session with one server, authenticated as the one digest user that owns the tests' protected
/// znodes. The constructor returns when the session stands; the destructor closes it, so that its
/// ephemerals go.
class Session {
 public:
  Session(const std::string& host_port, std::chrono::milliseconds session_timeout,
          std::chrono::seconds deadline);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void create(const std::string& path, const Data& data, const std::vector<AclEntry>& acl,
              Lifetime lifetime = Lifetime::Persistent);
  void set(const std::string& path, const Data& data);
  void remove(const std::string& path);
  Znode get(const std::string& path);
  /// Sorted by bytes, so that two listings of the same tree are equal.
  std::vector<std::string> children(const std::string& path);
  std::vector<AclEntry> acl(const std::string& path);
  std::int64_t id() const;

 private:
  struct Close {
    void operator()(zhandle_t* handle) const noexcept { zookeeper_close(handle); }
  };
  class Connection;
  void authenticate();

  std::unique_ptr<Connection> connection_;  ///< told by the handle's threads, so it outlives them
  std::unique_ptr<zhandle_t, Close> handle_;
};

/// Everybody may do everything.
std::vector<AclEntry> open_to_all();
/// Everybody may read; the tests' digest user may do everything.
std::vector<AclEntry> owned_by_digest_user();

}  // namespace zk_tree
