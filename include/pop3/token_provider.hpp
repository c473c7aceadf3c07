// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

/// Credentials: a mailbox name, and a function that gets OAuth 2.0 access tokens for it when they are needed. It is
/// called once per login, if the server takes tokens at all, and once more if the server refuses the token, unless the
/// response code says that the token is not the reason ([IN-USE], [LOGIN-DELAY], [SYS/TEMP], [SYS/PERM], [UTF8]): many
/// servers do not say that a token expired. (Microsoft 365 speaks of a bad password.) That is the last try: a login sends
/// two tokens at most, and one of them in both forms of AUTH at most (see `initial_response`; the other form comes first).
///
///     pop3::token_provider credentials("mrose@example.org",
///         [&cache](bool renew, pop3::token_provider::callback done) {
///             if (renew)
///                 cache.forget();
///             cache.async_get([done](std::error_code ec, std::string_view token) { done(ec, pop3::secret(token)); });
///         });
///     auto mailbox = co_await std::move(greeted).async_login(credentials);
class token_provider {
public:
    /// To be called once, at once or later, from any thread: with an error, which the login then completes with (one that
    /// `is_fatal` ends the session, as always), or with the token. Only the first call counts. It may come too late: when the
    /// login has completed, or its execution context has been destroyed, or just is, nothing happens.
    using callback = std::function<void(std::error_code, secret)>;
    /// renew: the server refused the token that it gave; a new one is needed, not one from a cache. If it throws, the login completes with
    /// `errc::authentication_cancelled`. One that neither throws nor calls back is waited for until
    /// `limits::operation_time` has passed.
    using function = std::function<void(bool renew, callback done)>;

    /// name: the mailbox, as the server knows it. get: called for each login, and once more if the server refuses the token.
    token_provider(std::string_view name, function get) : name_(name), get_(std::move(get))
    {
    }

    /// The mailbox name.
    const std::string& name() const noexcept
    {
        return name_;
    }

    /// Calls the function. The library does it; so can a test.
    void get(bool renew, callback done) const
    {
        get_(renew, std::move(done));
    }

private:
    std::string name_;
    function get_;
};

} // namespace pop3
