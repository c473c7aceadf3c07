// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace pop3::detail {

/// Servers that refused to bind a login to the TLS channel, and took the same login unbound. Cyrus takes three seconds to
/// refuse, so nobody is to ask it each time. Used from several threads at once.
///
/// It helps no attacker. Who can refuse inside TLS passes for the server already, and need not have been remembered: he
/// can refuse each time. A server is remembered only when SCRAM without the binding has shown that it knows the password,
/// and not for longer than a day: one that has learned to bind is found out then.
class unbound_servers {
public:
    using clock = std::chrono::steady_clock;

    /// The one that was remembered first is forgotten first.
    static constexpr std::size_t max_servers = 64;
    static constexpr auto time = std::chrono::hours(24);

    bool contain(const std::string& name, clock::time_point now = clock::now()) const
    {
        const std::lock_guard lock(mutex_);
        for (const auto& one : servers_)
            if (one.known && one.name == name)
                return now - one.since < time;
        return false;
    }

    void add(std::string name, clock::time_point now = clock::now())
    {
        const std::lock_guard lock(mutex_);
        server* at = &servers_[0];
        for (auto& one : servers_) {
            if (one.known && one.name == name) {
                at = &one;
                break;
            }
            if (at->known && (!one.known || one.since < at->since))
                at = &one;
        }
        *at = {std::move(name), now, true};
    }

    void forget(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        for (auto& one : servers_)
            if (one.known && one.name == name)
                one = {};
    }

    void clear()
    {
        const std::lock_guard lock(mutex_);
        for (auto& one : servers_)
            one = {};
    }

private:
    struct server {
        std::string name;
        clock::time_point since;
        bool known = false;
    };

    mutable std::mutex mutex_;
    server servers_[max_servers];
};

} // namespace pop3::detail
