// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/limits.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/secret.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

/// Ways to log in by AUTH: SASL mechanisms.
namespace pop3::sasl {

/// Octets of a response, before base64. Wiped when no longer needed.
using octets = detail::wiped_octets;

/// The client speaks first.
template <class M>
concept begins = requires(M& m, octets& response) {
    { m.begin(response) } -> std::same_as<std::error_code>;
};

/// Has its own word to say on the server's +OK.
template <class M>
concept finishes = requires(M& m, std::string_view data) {
    { m.finish(data) } -> std::same_as<std::error_code>;
};

/// Has more to compute for a response than should be done at once.
template <class M>
concept computes = requires(M& m, const M& c, octets& response) {
    { c.computing() } -> std::same_as<bool>;
    { m.compute(response) } -> std::same_as<std::error_code>;
};

/// Wants to know what there is to bind to.
template <class M>
concept binds =
    requires(M& m, const channel_binding& b, std::optional<bool> announced) { m.bind(b, announced); };

/// Can say what it was told of a failure.
template <class M>
concept explains = requires(const M& m) {
    { m.details() } -> std::convertible_to<std::string>;
};

/// A SASL mechanism (RFC 4422), the client's side of it, without I/O: is given the challenges of the server, base64
/// decoded, and writes the responses. `session::async_auth` takes any such value, so a mechanism that is not here
/// (GSSAPI, say) can be yours:
///
///     class my_mechanism {
///     public:
///         static constexpr std::string_view name = "X-MINE";
///
///         // Writes the response to `challenge` into `response`, which is empty.
///         std::error_code respond(std::string_view challenge, pop3::sasl::octets& response, const pop3::limits&);
///     };
///
/// An error that it returns calls the login off if it is not fatal (`is_fatal`: `errc::authentication_cancelled`,
/// `errc::malformed_challenge`, say): the server is told (`*`), and the session is in AUTHORIZATION again. So does an exception. Any
/// other error ends the session.
///
/// What it may have besides:
/// - `std::error_code begin(octets& response)`: the client speaks first. What it writes is sent with AUTH if the line
///   does not get longer than 255 octets (RFC 5034, section 4), else in answer to the server's first, empty challenge; in
///   both ways, one after the other, if the server refuses the first (see `initial_response`).
/// - `bool computing() const` and `std::error_code compute(octets& response)`: what has long to compute does it in pieces, so
///   that other sessions of its thread need not wait. If `computing()` is true after `respond`, and for as long as it is,
///   `compute` is called, which goes on for a moment (a millisecond, say); other handlers run in between. The last call
///   writes the response.
/// - `std::error_code finish(std::string_view data)`: the server said +OK, with `data`, base64 decoded, behind it (RFC
///   5034 does not allow any, some servers send it; empty if that is no base64). An error if the server has
///   not shown that it is the right one: nobody counts as logged in then.
/// - `void bind(const channel_binding&, std::optional<bool> announced)`: called before all else with what the stream has
///   to bind to (empty if nothing), and whether the server announces any mechanism that binds, as far as is known.
/// - `std::string details() const`: what the server said of a failure, for `refusal::details`.
/// - `static constexpr bool reveals_secret = true;`: puts a reusable secret on the wire; it is sent over a secure stream
///   only (`is_secure_stream`), or one of `allow_cleartext`.
template <class M>
concept mechanism =
    std::is_object_v<M> && std::move_constructible<M> && (!requires { &M::begin; } || begins<M>) &&
    (!requires { &M::finish; } || finishes<M>) && (!requires { &M::compute; } || computes<M>) &&
    (!requires { &M::bind; } || binds<M>) && (!requires { &M::details; } || explains<M>) &&
    requires(M& m, std::string_view challenge, octets& response, const limits& l) {
        { m.name } -> std::convertible_to<std::string_view>;
        { m.respond(challenge, response, l) } -> std::same_as<std::error_code>;
    };

/// Puts a reusable secret on the wire.
template <class M>
inline constexpr bool reveals_secret = false;

/// The same of a mechanism that says so.
template <class M>
    requires requires { M::reveals_secret; }
inline constexpr bool reveals_secret<M> = M::reveals_secret;

} // namespace pop3::sasl
