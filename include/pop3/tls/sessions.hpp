// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/pointer.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
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
    void keep(const std::string& name, tls_session session, std::uintptr_t epoch)
    {
        const std::lock_guard lock(mutex_);
        if (epoch != epoch_)
            return;
        server* at = find(name);
        if (at == nullptr) {
            at = &servers_[0];
            for (auto& one : servers_)
                if (one.used < at->used)
                    at = &one;
            *at = {};
            at->name = name;
        }
        if (at->count == max_per_server) {
            for (std::size_t i = 1; i != max_per_server; ++i)
                at->sessions[i - 1] = std::move(at->sessions[i]);
            --at->count;
        }
        at->sessions[at->count++] = std::move(session);
        at->used = ++uses_;
    }

    /// There are as many as are kept, and they are new: another one is not worth its copy. Who makes a thousand connections
    /// gets two sessions for each.
    bool has_plenty(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        const server* const at = find(name);
        if (at == nullptr || at->count != max_per_server)
            return false;
        const auto age = std::time(nullptr) - time_of(at->sessions[0].get());
        return age >= 0 && age < 60;
    }

    /// The newest session, which is kept no longer: what is seen twice tells that the two connections are of one client
    /// (RFC 8446, appendix C.4).
    tls_session take(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        server* const at = find(name);
        tls_session found;
        if (at == nullptr)
            return found;
        while (!found && at->count != 0) {
            found = std::move(at->sessions[--at->count]);
            if (expired(found.get()))
                found.reset();
        }
        if (at->count == 0)
            *at = {};
        return found;
    }

    void forget(const std::string& name)
    {
        const std::lock_guard lock(mutex_);
        if (server* const at = find(name))
            *at = {};
    }

    void clear()
    {
        const std::lock_guard lock(mutex_);
        for (auto& one : servers_)
            one = {};
        ++epoch_;
    }

private:
    struct server {
        std::string name;
        tls_session sessions[max_per_server]; ///< the oldest first
        std::size_t count = 0;                ///< of them
        std::uint64_t used = 0;               ///< 0: by nobody
    };

    server* find(const std::string& name)
    {
        for (auto& one : servers_)
            if (one.used != 0 && one.name == name)
                return &one;
        return nullptr;
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
    server servers_[max_servers];
    std::uint64_t uses_ = 0;
    std::uintptr_t epoch_ = 1;
};

} // namespace pop3::detail
