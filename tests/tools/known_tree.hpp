#pragma once

#include <cstddef>
#include <string>

#include "session.hpp"

namespace zk_tree {

/// Creates exactly `count` znodes, `prefix` the first of them: the same tree each time, with one of
/// every kind of znode that a backup could get wrong (null, empty, binary and large data, non-ASCII
/// names, ACLs, versions, depth) before the many plain ones. `prefix` must not exist; its parent
/// must.
void fill(Session& session, std::size_t count, const std::string& prefix);

}  // namespace zk_tree
