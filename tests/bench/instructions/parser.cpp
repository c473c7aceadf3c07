// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The parser alone, over replies in memory, for counting its instructions:
//
//     valgrind --tool=callgrind --toggle-collect=measured ./parser messages-4k
//
// The replies are the same in each run, so that what is counted is, too. They come in pieces of 16 KiB, as from TLS.
// Prints what was read, for comparison, and by how many units (octets or entries) to divide.

#include <pop3/command/list.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/grammar/body_decoder.hpp>
#include <pop3/grammar/line.hpp>
#include <pop3/grammar/listing.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace {

struct totals {
    std::uint64_t octets = 0;
    std::uint64_t pieces = 0;
    std::uint64_t ends = 0;
    std::uint64_t entries = 0;
    std::uint64_t sum = 0;
};

totals seen;

// Whoever takes the result is behind a call that the compiler does not see through.
using piece_sink = void (*)(std::string_view);
using scan_sink = void (*)(const pop3::scan_listing&);
using unique_id_sink = void (*)(const pop3::unique_id_view&);

const volatile piece_sink take_piece = [](std::string_view piece) {
    seen.octets += piece.size();
    ++seen.pieces;
};
const volatile scan_sink take_scan_listing = [](const pop3::scan_listing& entry) {
    ++seen.entries;
    seen.sum += entry.number.value() + entry.octets;
};
const volatile unique_id_sink take_unique_id_listing = [](const pop3::unique_id_view& entry) {
    ++seen.entries;
    seen.sum += entry.number.value() + entry.unique_id.size();
};

[[noreturn]] void fail(const char* what)
{
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

/// Octets as they come: what was used is gone, what was not stays, and more is put behind it.
class arriving {
public:
    explicit arriving(std::string_view all) : all_(all), now_(all.substr(0, 0))
    {
    }

    std::string_view& now()
    {
        return now_;
    }

    bool more()
    {
        const auto from = static_cast<std::size_t>(now_.data() - all_.data());
        const auto arrived = std::min(all_.size(), from + now_.size() + 16384);
        if (arrived == from + now_.size())
            return false;
        now_ = all_.substr(from, arrived - from);
        return true;
    }

private:
    std::string_view all_;
    std::string_view now_;
};

void status(arriving& input)
{
    const pop3::limits bounds;
    std::error_code ec;
    for (;;) {
        if (const auto line = pop3::grammar::take_line(input.now(), bounds.response_line, ec)) {
            const auto read = pop3::grammar::parse_status_line(*line);
            if (!read || read->status != pop3::grammar::status::ok)
                fail("no +OK");
            return;
        }
        if (ec || !input.more())
            fail("no status line");
    }
}

void messages(std::string_view wire)
{
    arriving input(wire);
    while (!input.now().empty() || input.more()) {
        status(input);
        pop3::grammar::body_decoder decoder;
        while (!decoder.decode(input.now(), [](std::span<const char> piece) {
            take_piece(std::string_view(piece.data(), piece.size()));
        }))
            if (!input.more())
                fail("no end");
        ++seen.ends;
    }
}

void messages_pulled(std::string_view wire)
{
    arriving input(wire);
    while (!input.now().empty() || input.more()) {
        status(input);
        pop3::grammar::body_decoder decoder;
        while (!decoder.ended()) {
            const auto piece = decoder.next(input.now(), 4096);
            if (!piece.empty())
                take_piece(piece);
            else if (!decoder.ended() && !input.more())
                fail("no end");
        }
        ++seen.ends;
    }
}

template <class Entry>
void entries(std::string_view wire, Entry&& entry)
{
    const pop3::limits bounds;
    std::error_code ec;
    arriving input(wire);
    input.more();
    status(input);
    for (;;) {
        auto line = pop3::grammar::take_line(input.now(), bounds.response_line, ec);
        if (!line) {
            if (ec || !input.more())
                fail("no end");
            continue;
        }
        if (*line == ".")
            break;
        if (line->starts_with('.'))
            line->remove_prefix(1);
        if (!entry(*line))
            fail("no listing");
    }
    ++seen.ends;
}

void list_streamed(std::string_view wire)
{
    entries(wire, [](std::string_view line) {
        pop3::scan_listing entry;
        if (!pop3::grammar::parse_scan_listing(line, entry))
            return false;
        take_scan_listing(entry);
        return true;
    });
}

void uidl_streamed(std::string_view wire)
{
    entries(wire, [](std::string_view line) {
        pop3::unique_id_view entry;
        if (!pop3::grammar::parse_unique_id_listing(line, entry))
            return false;
        take_unique_id_listing(entry);
        return true;
    });
}

template <class Command>
void into_vector(std::string_view wire)
{
    const pop3::limits bounds;
    typename Command::result_type into;
    entries(wire, [&, command = Command()](std::string_view line) {
        return !command.read_line(line, into, bounds);
    });
    seen.entries += into.size();
    for (const auto& entry : into)
        seen.sum += entry.number.value();
}

std::uint64_t random_state = 1939;

std::uint64_t random_bits()
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

/// A message of `octets` octets, in lines of 76, one of 100 of which begins with a dot, as the reply to RETR.
void append_message(std::string& wire, std::size_t octets)
{
    constexpr std::string_view text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
    wire += "+OK\r\n";
    while (octets > 2) {
        auto line = std::min<std::size_t>(76, octets - 2);
        // An octet alone could not be a line.
        if (octets - 2 - line == 1)
            --line;
        for (std::size_t i = 0; i != line; ++i)
            wire += i != 0 ? text[random_bits() % 64] : 'x';
        if (random_bits() % 100 == 0)
            wire.replace(wire.size() - line, 1, "..");
        wire += "\r\n";
        octets -= line + 2;
    }
    wire += ".\r\n";
}

std::string many_messages(std::size_t count, std::size_t octets)
{
    std::string wire;
    for (std::size_t i = 0; i != count; ++i)
        append_message(wire, octets);
    return wire;
}

constexpr std::size_t listed = 100'000;

std::string scan_listings()
{
    std::string wire = "+OK\r\n";
    for (std::size_t i = 1; i <= listed; ++i)
        wire += std::to_string(i) + ' ' + std::to_string(2048 + random_bits() % 32768) + "\r\n";
    return wire + ".\r\n";
}

std::string unique_id_listings()
{
    std::string wire = "+OK\r\n";
    for (std::size_t i = 1; i <= listed; ++i) {
        char id[32];
        std::snprintf(id, sizeof id, "%08zx65f3a2b4", i);
        wire += std::to_string(i) + ' ' + id + "\r\n";
    }
    return wire + ".\r\n";
}

struct workload {
    std::string_view name;
    std::string (*make)();
    std::size_t rounds; ///< how often to read what was made
    void (*read)(std::string_view wire);
};

constexpr workload workloads[] = {
    {"messages-4k", [] { return many_messages(1000, 4096); }, 10, messages},
    {"messages-512", [] { return many_messages(10'000, 512); }, 10, messages},
    {"messages-5m", [] { return many_messages(1, 5u << 20); }, 20, messages},
    {"pull-4k", [] { return many_messages(1000, 4096); }, 10, messages_pulled},
    {"pull-5m", [] { return many_messages(1, 5u << 20); }, 20, messages_pulled},
    {"list", scan_listings, 1, list_streamed},
    {"list-vector", scan_listings, 1, into_vector<pop3::command::list>},
    {"uidl", unique_id_listings, 1, uidl_streamed},
    {"uidl-vector", unique_id_listings, 1, into_vector<pop3::command::uidl>},
};

} // namespace

// By this name callgrind knows what to count.
extern "C" [[gnu::noinline]] void measured(const workload& work, std::string_view wire, std::size_t times);

void measured(const workload& work, std::string_view wire, std::size_t times)
{
    for (std::size_t i = 0; i != work.rounds * times; ++i)
        work.read(wire);
}

int main(int argc, char** argv)
{
    for (const auto& work : workloads) {
        if (argc < 2 || argc > 3 || work.name != argv[1])
            continue;
        const auto times = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 1;
        const auto wire = work.make();
        measured(work, wire, times);
        std::printf("%s octets=%llu pieces=%llu ends=%llu entries=%llu sum=%llu units=%llu\n", argv[1],
                    static_cast<unsigned long long>(seen.octets),
                    static_cast<unsigned long long>(seen.pieces), static_cast<unsigned long long>(seen.ends),
                    static_cast<unsigned long long>(seen.entries), static_cast<unsigned long long>(seen.sum),
                    static_cast<unsigned long long>(seen.entries != 0 ? seen.entries : seen.octets));
        return 0;
    }
    std::fputs("usage: parser WORKLOAD [TIMES]; the workloads are:", stderr);
    for (const auto& work : workloads)
        std::fprintf(stderr, " %s", work.name.data());
    std::fputs("\n", stderr);
    return 2;
}
