// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/pointer.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <list>
#include <mutex>
#include <string>
#include <utility>

namespace pop3::detail {

using tls_session = tls_pointer<SSL_SESSION, SSL_SESSION_free>;

/// Sessions to resume, by the server that they were verified for. Used from several threads at once.
class tls_sessions {
public:
    /// Those used longest ago are dropped first.
    static constexpr std::size_t max_servers = 64;
    static constexpr std::size_t max_per_server = 4;

    /// Changes with each `clear`. Never 0.
    std::uintptr_t epoch() const
    {
        const std::lock_guard lock(mutex_);
        return epoch_;
    }

    /// Keeps a session of a connection that began at `epoch`: if what is trusted has changed since, it is of no use.
    void keep(const std::string& server, tls_session session, std::uintptr_t epoch)
    {
        const std::lock_guard lock(mutex_);
        if (epoch != epoch_)
            return;
        auto at = find(server);
        if (at == servers_.end()) {
            servers_.emplace_front(server, std::list<tls_session>());
            at = servers_.begin();
        }
        at->second.push_front(std::move(session));
        if (at->second.size() > max_per_server)
            at->second.pop_back();
        servers_.splice(servers_.begin(), servers_, at);
        if (servers_.size() > max_servers)
            servers_.pop_back();
    }

    /// There are as many as are kept, and they are new: another one is not worth its copy. Who makes a thousand connections
    /// gets two sessions for each.
    bool has_plenty(const std::string& server)
    {
        const std::lock_guard lock(mutex_);
        const auto at = find(server);
        if (at == servers_.end() || at->second.size() < max_per_server)
            return false;
        const auto age = std::time(nullptr) - time_of(at->second.back().get());
        return age >= 0 && age < 60;
    }

    /// The newest session, which is kept no longer: what is seen twice tells that the two connections are of one client
    /// (RFC 8446, appendix C.4).
    tls_session take(const std::string& server)
    {
        const std::lock_guard lock(mutex_);
        const auto at = find(server);
        if (at == servers_.end())
            return nullptr;
        tls_session found;
        while (!found && !at->second.empty()) {
            if (!expired(at->second.front().get()))
                found = std::move(at->second.front());
            at->second.pop_front();
        }
        if (at->second.empty())
            servers_.erase(at);
        return found;
    }

    void forget(const std::string& server)
    {
        const std::lock_guard lock(mutex_);
        const auto at = find(server);
        if (at != servers_.end())
            servers_.erase(at);
    }

    void clear()
    {
        const std::lock_guard lock(mutex_);
        servers_.clear();
        ++epoch_;
    }

private:
    using entry = std::pair<std::string, std::list<tls_session>>;

    std::list<entry>::iterator find(const std::string& name)
    {
        auto at = servers_.begin();
        while (at != servers_.end() && at->first != name)
            ++at;
        return at;
    }

    static std::time_t time_of(const SSL_SESSION* session)
    {
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
        return SSL_SESSION_get_time_ex(session);
#else
        return SSL_SESSION_get_time(session);
#endif
    }

    static bool expired(const SSL_SESSION* session)
    {
        const std::time_t age = std::time(nullptr) - time_of(session);
        const auto hint = SSL_SESSION_get_ticket_lifetime_hint(session);
        // Before TLS 1.3 a hint of 0 says nothing (RFC 5077, section 3.3).
        const bool hinted = hint != 0 || SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
        return age < 0 || age >= SSL_SESSION_get_timeout(session) ||
               (hinted && static_cast<unsigned long>(age) >= hint);
    }

    mutable std::mutex mutex_;
    std::list<entry> servers_; // the last used first
    std::uintptr_t epoch_ = 1;
};

} // namespace pop3::detail
