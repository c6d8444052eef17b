#include "tar/member_name.hpp"

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::size_t kLongest = 4096;

void append_component(std::string& name, std::string_view component) {
  if (component == "..") {
    throw Error{Kind::NotValid, "has '..' in its name: it could reach outside"};
  }
  if (!component.empty() && component != ".") {
    name += '/';
    name += component;
  }
}

}  // namespace

std::string plain_member_name(std::string_view raw) {
  if (raw.empty() || raw.size() > kLongest) {
    throw Error{Kind::NotValid, raw.empty() ? "has no name" : "has a name longer than any path"};
  }
  if (raw.front() == '/') {
    throw Error{Kind::NotValid, "has an absolute name: it could reach outside"};
  }
  if (printable(raw) != raw) {
    throw Error{Kind::NotValid, "has a name that is not UTF-8, or has control characters in it"};
  }
  std::string name{"."};
  while (!raw.empty()) {
    const std::size_t length = std::min(raw.find('/'), raw.size());
    append_component(name, raw.substr(0, length));
    raw.remove_prefix(std::min(length + 1, raw.size()));
  }
  return name;
}

}  // namespace zkb
