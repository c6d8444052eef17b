#include "systemd/bus_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace zkb {
namespace {

struct Meaning {
  std::string_view name;  ///< the last part of the error's name, which says it all
  Kind kind;
  std::string_view means;
  std::string_view next_step;
};

constexpr std::string_view kNoSystemd =
    "run this on a host that systemd runs, where 'systemctl status' answers; inside a container "
    "the host's "
    "/run/dbus has to be mounted";
constexpr std::string_view kNotRoot = "run this as root";
constexpr std::string_view kSilent =
    "see whether 'systemctl status' answers, and 'journalctl -b -p err' for the reason if it does "
    "not; then "
    "run this again";
constexpr std::string_view kNoUnit =
    "look for the unit's name in 'systemctl list-unit-files', and name it with --unit";
constexpr std::string_view kBrokenUnit =
    "mend the unit file ('systemctl status' names the line), then 'systemctl "
    "daemon-reload'";

// Names as systemd's bus-common-errors.c and sd-bus's errno mapping have them; what each case
// really answers was tried on systemd 252.
constexpr std::array kMeanings{
    Meaning{"FileNotFound", Kind::Failed, "there is no system bus", kNoSystemd},
    Meaning{"ECONNREFUSED", Kind::Failed, "nobody listens on the system bus",
            "start the bus ('systemctl start dbus.socket'), then run this again"},
    Meaning{"ServiceUnknown", Kind::Failed, "systemd is not on the bus", kNoSystemd},
    Meaning{"NameHasNoOwner", Kind::Failed, "systemd is not on the bus", kNoSystemd},
    Meaning{"Timeout", Kind::Failed, "systemd does not answer", kSilent},
    Meaning{"TimedOut", Kind::Failed, "systemd does not answer", kSilent},
    Meaning{"NoReply", Kind::Failed, "systemd went away without an answer", kSilent},
    Meaning{"Disconnected", Kind::Failed, "the system bus went away", kSilent},
    Meaning{"ENOTCONN", Kind::Failed, "the system bus went away", kSilent},
    Meaning{"ECONNRESET", Kind::Failed, "the system bus went away", kSilent},
    Meaning{"AccessDenied", Kind::Failed, "this user may not do that", kNotRoot},
    Meaning{"InteractiveAuthorizationRequired", Kind::Failed,
            "polkit would ask for a password first", kNotRoot},
    Meaning{"NoSuchUnit", Kind::Failed, "there is no such unit", kNoUnit},
    Meaning{"LoadFailed", Kind::Failed, "systemd cannot read the unit", kBrokenUnit},
    Meaning{"BadUnitSetting", Kind::Failed, "systemd cannot read the unit", kBrokenUnit},
    Meaning{"UnitMasked", Kind::Unsafe, "the unit is masked, so that nobody starts it",
            "if it may run again, 'systemctl unmask' it, then run this again"},
    Meaning{"OnlyByDependency", Kind::Unsafe, "the unit's own file forbids it by hand",
            "remove RefuseManualStart= and RefuseManualStop= from the unit, or stop and start it "
            "the way its "
            "maker means, then run this again"},
    Meaning{"UnitExists", Kind::Failed, "a unit of that name exists already",
            "see what it is with 'systemctl status', stop it, then run this again"},
    Meaning{"TransactionIsDestructive", Kind::Failed,
            "another job is in the way, such as a shutdown",
            "see 'systemctl list-jobs', and run this again when they are done"},
    Meaning{"ShuttingDown", Kind::Failed, "the host is shutting down",
            "run this again after the boot"},
};

// Where polkit itself cannot be asked, the error is about polkit's unit, not about ours.
constexpr Meaning kPolkitMissing{"", Kind::Failed,
                                 "this user may not do that, and polkit cannot be asked", kNotRoot};
constexpr Meaning kUnknown{"", Kind::Failed, "", ""};

const Meaning& meaning_of(std::string_view name, std::string_view message) {
  if (message.find("polkit") != std::string_view::npos) {
    return kPolkitMissing;
  }
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const auto* const found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                         [&](const Meaning& each) { return each.name == last; });
  return found != kMeanings.end() ? *found : kUnknown;
}

}  // namespace

Error bus_error(std::string_view name, std::string_view message) {
  const Meaning& meaning = meaning_of(name, message);
  const std::string own_words = fmt::format("{} ({})", printable(message), printable(name));
  return {meaning.kind,
          meaning.means.empty() ? own_words : fmt::format("{}: {}", meaning.means, own_words),
          std::string{meaning.next_step}};
}

}  // namespace zkb
