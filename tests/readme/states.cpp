// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Prints the states of a session, and what each has, as examples/guide/commands.md shows them. None of it is known here: the
// compiler is asked which calls it takes of which session, and where one leads is the type of what it completes with.

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// A completion token. What an operation gives with it is what it completes with, beside the error code.
struct shown {};

template <class Result>
struct asio::async_result<shown, void(std::error_code, Result)> {
    template <class... Args>
    static Result initiate(Args&&...);
};

namespace states {

namespace command = pop3::command;

// What the calls below are made of. They are never run.
extern const pop3::password& credentials;
extern const pop3::sasl::scram_sha_256& mechanism;
extern pop3::tls_context& tls;
extern asio::mutable_buffer& buffer;
extern asio::any_io_executor& executor;
extern const std::string_view name, secret, password, tag, host;
extern const pop3::message_number n;
extern const pop3::line_count lines;
extern const command::uidl& commands;
extern const command::quit& quit;
using pop3::lenient;

namespace {

struct none {};

/// A call, and the command value under it, if it is one that a program could execute, too.
template <class Call, class Command>
struct operation {
    using command_type = Command;

    std::string_view label;
    Call call;
};

template <class Command, class Call>
constexpr operation<Call, Command> make(std::string_view label, Call call)
{
    return {label, call};
}

#define OPERATION(Command, member, ...)                                                                      \
    make<Command>(#member "(" #__VA_ARGS__ ")",                                                              \
                  []<class S>(S) -> decltype(std::declval<S>().member(__VA_ARGS__ __VA_OPT__(, ) shown())) { \
                      std::terminate();                                                                      \
                  })

constexpr std::tuple operations{
    OPERATION(none, async_login, credentials),
    OPERATION(none, async_auth, mechanism),
    OPERATION(command::apop, async_apop, name, secret),
    OPERATION(command::user, async_user, name),
    OPERATION(command::pass, async_pass, password),
    OPERATION(none, async_stls, tls),
    OPERATION(command::capa, async_capa),
    OPERATION(command::utf8, async_utf8),
    OPERATION(command::lang_list, async_lang),
    OPERATION(command::lang, async_lang, tag),
    OPERATION(command::stat, async_stat),
    OPERATION(command::list, async_list),
    OPERATION(command::list_one, async_list, n),
    OPERATION(command::lenient_list, async_list, lenient),
    OPERATION(command::uidl, async_uidl),
    OPERATION(command::uidl_one, async_uidl, n),
    OPERATION(command::lenient_uidl, async_uidl, lenient),
    OPERATION(command::retr, async_retr, n),
    OPERATION(command::top, async_top, n, lines),
    OPERATION(command::dele, async_dele, n),
    OPERATION(command::rset, async_rset),
    OPERATION(command::noop, async_noop),
    OPERATION(command::last, async_last),
    OPERATION(none, async_pipeline, commands),
    OPERATION(none, async_receive, n),
    OPERATION(none, async_read_some, buffer),
    OPERATION(none, async_finish),
    OPERATION(none, async_pipeline, commands, quit),
    OPERATION(none, async_quit),
};

#define STATE(name)                                                                                          \
    constexpr std::string_view name_of(std::type_identity<pop3::name>)                                       \
    {                                                                                                        \
        return #name;                                                                                        \
    }

STATE(authorization)
STATE(awaiting_password)
STATE(transaction)
STATE(receiving)
STATE(update)
STATE(closed)

/// Where something leads: to a state, and to a stream.
template <class T>
struct place {
    using state = void;
    using stream = void;
};

template <class State, class Stream>
struct place<pop3::session<State, Stream>> {
    using state = State;
    using stream = Stream;
};

template <>
struct place<pop3::closed> {
    using state = pop3::closed;
    using stream = void;
};

/// What a call of a session completes with: a reply, and in a pipeline several, of which the last can lead on.
template <class Result>
struct outcome {
    using next = void;
    using back = void;
    using stream = void;
};

template <class T, class Back>
struct outcome<pop3::reply<T, Back>> {
    using next = typename place<T>::state;
    using back = typename place<Back>::state;
    using stream = typename place<T>::stream;
};

template <class... Reply>
struct outcome<std::tuple<Reply...>>
    : outcome<std::tuple_element_t<sizeof...(Reply) - 1, std::tuple<Reply...>>> {};

template <class Operation, class Session>
using result_of = std::invoke_result_t<decltype(Operation::call), Session>;

template <class Operation, class Session>
concept has = std::invocable<decltype(Operation::call), Session>;

/// The code has a second table: that of the command values. It must be the same.
template <class Operation, class State>
constexpr bool as_its_command()
{
    using session = pop3::session<State>;
    using command = typename Operation::command_type;
    if constexpr (!std::same_as<command, none>) {
        if (pop3::command_for<command, State> != has<Operation, session>)
            return false;
        if constexpr (has<Operation, session> && requires { typename command::on_ok; })
            return std::same_as<typename outcome<result_of<Operation, session>>::next,
                                typename command::on_ok> &&
                   std::same_as<typename outcome<result_of<Operation, session>>::back,
                                typename command::on_refusal>;
    }
    return true;
}

/// Calls with one outcome.
struct edge {
    std::string from;
    std::string to;      ///< empty: it stays
    std::string refused; ///< where a refusal leads; empty: it stays
    std::vector<std::string> calls;
};

class table {
public:
    template <class State>
    void add()
    {
        std::apply([this](const auto&... each) { (this->add<State>(each), ...); }, operations);
    }

    void print_diagram() const
    {
        std::cout << "```mermaid\nstateDiagram-v2\n    [*] --> authorization: async_connect, async_greet\n";
        for (const auto& e : edges_) {
            if (!e.to.empty())
                std::cout << "    " << e.from << " --> " << e.to << ": " << joined(e.calls, "", ", ") << '\n';
            if (!e.refused.empty())
                std::cout << "    " << e.from << " --> " << e.refused << ": " << joined(e.calls, "", ", ")
                          << " refused\n";
        }
        std::cout << "    update --> [*]\n    closed --> [*]\n```\n";
    }

    void print_table() const
    {
        std::cout << "| State | Commands | lead to | refused |\n| --- | --- | --- | --- |\n";
        std::string last;
        for (const auto& e : edges_) {
            std::cout << "| " << (e.from == last ? "" : "`" + e.from + "` ") << "| "
                      << joined(e.calls, "`", " ") << " | " << (e.to.empty() ? "" : "`" + e.to + "` ") << "| "
                      << (e.refused.empty() ? "" : "`" + e.refused + "` ") << "|\n";
            last = e.from;
        }
    }

private:
    template <class State, class Operation>
    void add(const Operation& o)
    {
        static_assert(as_its_command<Operation, State>());
        using over_tls = pop3::session<State>;
        using over_tcp = pop3::session<State, pop3::tcp_stream>;
        if constexpr (has<Operation, over_tls>)
            add<State, outcome<result_of<Operation, over_tls>>>(o.label);
        else if constexpr (has<Operation, over_tcp>)
            add<State, outcome<result_of<Operation, over_tcp>>>(o.label, " from TCP");
    }

    template <class State, class Outcome>
    void add(std::string_view label, std::string_view where = {})
    {
        std::string from(name_of(std::type_identity<State>()));
        std::string to;
        std::string refused;
        if constexpr (!std::is_void_v<typename Outcome::next>)
            to = name_of(std::type_identity<typename Outcome::next>());
        if constexpr (!std::is_void_v<typename Outcome::back>)
            refused = name_of(std::type_identity<typename Outcome::back>());
        if (refused == from)
            refused.clear();
        std::string call(label);
        if (call.ends_with("()"))
            call.resize(call.size() - 2);
        call += where;
        if (!where.empty() && std::same_as<typename Outcome::stream, pop3::tls_stream>)
            call += " to TLS";
        for (auto& e : edges_)
            if (e.from == from && e.to == to && e.refused == refused)
                return e.calls.push_back(call);
        edges_.push_back({from, to, refused, {call}});
    }

    static std::string joined(const std::vector<std::string>& calls, std::string_view quote,
                              std::string_view separator)
    {
        std::string all;
        for (const auto& call : calls) {
            const auto end = call.find(" from ");
            all += all.empty() ? "" : separator;
            all.append(quote).append(call, 0, end).append(quote);
            if (end != call.npos)
                all.append(call, end);
        }
        return all;
    }

    std::vector<edge> edges_;
};

} // namespace
} // namespace states

int main()
{
    using states::executor, states::tls, states::host;
    static_assert(std::same_as<decltype(pop3::async_connect(executor, tls, std::string(host), shown())),
                               pop3::reply<pop3::session<pop3::authorization>>>);
    states::table all;
    all.add<pop3::authorization>();
    all.add<pop3::awaiting_password>();
    all.add<pop3::transaction>();
    all.add<pop3::receiving>();
    all.add<pop3::update>();
    all.print_diagram();
    std::cout << '\n';
    all.print_table();
}
