// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
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

    bool contain(const std::string& server, clock::time_point now = clock::now()) const
    {
        const std::lock_guard lock(mutex_);
        for (const auto& e : servers_)
            if (e.name == server)
                return now - e.since < time;
        return false;
    }

    void add(std::string server, clock::time_point now = clock::now())
    {
        const std::lock_guard lock(mutex_);
        drop(server);
        servers_.push_back({std::move(server), now});
        if (servers_.size() > max_servers)
            servers_.pop_front();
    }

    void forget(const std::string& server)
    {
        const std::lock_guard lock(mutex_);
        drop(server);
    }

    void clear()
    {
        const std::lock_guard lock(mutex_);
        servers_.clear();
    }

private:
    struct entry {
        std::string name;
        clock::time_point since;
    };

    void drop(const std::string& server)
    {
        for (auto at = servers_.begin(); at != servers_.end(); ++at)
            if (at->name == server) {
                servers_.erase(at);
                return;
            }
    }

    mutable std::mutex mutex_;
    std::list<entry> servers_; // the oldest first, each once
};

} // namespace pop3::detail
