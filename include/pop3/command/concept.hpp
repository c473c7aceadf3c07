// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include <concepts>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <variant>

namespace pop3 {

/// What follows the status line of a command's +OK.
enum class reply_shape {
    single_line, ///< nothing: all there is stands behind +OK
    lines,       ///< lines, such as a listing, until a line with a dot
    octets,      ///< a message, until a line with a dot
};

namespace detail {

template <class Result>
using stored = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

template <class C>
concept reads_status =
    std::is_void_v<typename C::result_type> ||
    requires(C& command, std::string_view text, typename C::result_type& result, const limits& l) {
        { command.read_status(text, result, l) } -> std::same_as<std::error_code>;
    };

template <class C>
concept reads_lines =
    requires(C& command, std::string_view line, typename C::result_type& result, const limits& l) {
        { command.read_line(line, result, l) } -> std::same_as<std::error_code>;
    };

template <class C>
concept reads_octets =
    requires(C& command, std::span<const char> piece, typename C::result_type& result, const limits& l) {
        { command.read_octets(piece, result, l) } -> std::same_as<std::error_code>;
    };

template <class C>
concept reads_its_shape = (C::shape == reply_shape::single_line && reads_status<C>) ||
                          (C::shape == reply_shape::lines && reads_lines<C>) ||
                          (C::shape == reply_shape::octets && reads_octets<C>);

template <class C>
concept leaves_state = requires {
    typename C::on_ok;
    typename C::on_refusal;
};

} // namespace detail

/// A command: how it is written, the shape of its reply, what that is read into, and which states permit it. Of
/// your own:
///
///     struct xtnd_archive {
///         static constexpr std::string_view verb = "XTND";
///         static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
///         using result_type = std::vector<std::string>;
///         using permitted_in = pop3::states<pop3::transaction>;
///
///         void write(pop3::command::command_line& line) const { line.verb(verb).argument("ARCHIVE"); }
///
///         std::error_code read_line(std::string_view line, result_type& into, const pop3::limits& limits)
///         {
///             if (into.size() == limits.listing_entries)
///                 return pop3::errc::listing_entries_limit;
///             into.emplace_back(line);
///             return {};
///         }
///     };
///     auto lines = co_await mailbox.async_execute(xtnd_archive{});
///
/// `write` writes one line: the verb, then arguments.
///
/// - `single_line`: `read_status(text, into, limits)` is given the text behind +OK; not needed if `result_type` is void.
/// - `lines`: `read_line(line, into, limits)` is given each line, dot-stuffing undone, without CRLF.
/// - `octets`: `read_octets(piece, into, limits)` is given the pieces of a message, dot-stuffing undone.
///
/// A command that leads to another state says where: `using on_ok = ...; using on_refusal = ...;`, both states. One that
/// puts a reusable secret on the wire says `static constexpr bool reveals_secret = true;` (see `reveals_secret`).
///
/// It may also have `std::error_code check() const`: what forbids to send it, besides what its line shows; and
/// `bool is_sendable() const`: true if both are known to be good, which a long range is asked for first. Three more names
/// mean something, if they are of these types: `static constexpr std::string_view way_in`, what `login_mechanism()` says after
/// it; `pop3::flow wanted() const`, asked after each piece if the result has a `bool complete`; and
/// `static constexpr bool reads_entries = true` with `std::error_code read_entries(std::string_view& input, result_type& into,
/// const limits&)`, which takes whole entries off the front of `input`, and leaves the rest to `read_line`.
///
/// An error that is not fatal (`is_fatal`: `errc::malformed_value`, or the limit of a value) says that what was read is of no
/// use: it is not called again, the reply is read on to its end (`limits::drained_octets`), and then the operation completes
/// with that error, and the session lives (but not if the command leads to another state: `errc::malformed_reply`). Any other
/// error ends the session at once. A command that owns memory must have a constructor, and
/// not be an aggregate: g++ 12 miscompiles temporaries of such in a `co_await` expression.
template <class C>
concept command_value =
    std::move_constructible<C> && detail::reads_its_shape<C> &&
    (std::is_void_v<typename C::result_type> || std::default_initializable<typename C::result_type>) &&
    requires(const C& command, command::command_line& line) {
        { C::verb } -> std::convertible_to<std::string_view>;
        { command.write(line) };
        typename C::permitted_in;
    };

/// A command that the state `State` permits.
template <class C, class State>
concept command_for = command_value<C> && C::permitted_in::template contain<State>;

/// A command that puts a reusable secret on the wire says so with `static constexpr bool reveals_secret = true;`
/// and is then sent over a secure stream only (`is_secure_stream`), or one of `allow_cleartext`.
template <class C>
constexpr bool reveals_secret = false;

/// The same of a command that says so.
template <class C>
    requires requires { C::reveals_secret; }
constexpr bool reveals_secret<C> = C::reveals_secret;

} // namespace pop3
