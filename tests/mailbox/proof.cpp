// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// proof [SEED]
//
// That no message is lost, and none comes twice: the whole chain (server, session, delivery, store, DELE, QUIT, next run) in
// one process, with a fault at every file operation, and at every octet of the wire, of many maildrops, policies and servers; and
// then once more, to the end. Prints how many cases there were. The status is 1 if one of them went wrong.

#include "support/machine_stream.hpp"
#include "support/pop3_machine.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using test::machine_stream;
using test::pop3_machine;
using test::simulated_disk;
using fault = simulated_disk::fault;

struct scenario {
    std::string name;
    std::vector<pop3_machine::message> maildrop;
    pop3::fetch_policy policy;
    pop3_machine::pipelining ahead = pop3_machine::pipelining::right;
    std::size_t batch = 100;
    bool deletes = false;
    /// Later the maildrop has these instead, from a server that gives unique-ids to new messages that old ones had.
    std::vector<pop3_machine::message> later = {};
};

/// Where a run is disturbed.
struct disturbance {
    fault disk = fault::none;
    std::size_t operation = 0;
    int error = EIO;
    std::optional<std::size_t> cut_received;
    std::optional<std::size_t> cut_sent;
    bool power_goes_after = false;
    bool silent_quit = false;

    std::string describe() const
    {
        std::string text;
        if (disk != fault::none)
            text += " disk fault " + std::to_string(static_cast<int>(disk)) + " (" + std::to_string(error) +
                    ") at operation " + std::to_string(operation);
        if (cut_received)
            text += " cut after " + std::to_string(*cut_received) + " octets received";
        if (cut_sent)
            text += " cut after " + std::to_string(*cut_sent) + " octets sent";
        if (power_goes_after)
            text += ", and then a power cut";
        return text;
    }
};

struct outcome {
    std::error_code error;
    pop3::fetch_report report;
    bool done = false;
    std::size_t received = 0;
    std::size_t sent = 0;
    std::size_t operations = 0;
};

/// One run of the program: connect, log in, fetch, QUIT.
outcome run(const scenario& s, pop3_machine& machine, simulated_disk& disk, const disturbance& d,
            std::chrono::sys_seconds now)
{
    outcome o;
    asio::io_context context(1);
    const auto wire = std::make_shared<test::wire>(machine);
    if (d.cut_received)
        wire->cut_after_received = *d.cut_received;
    if (d.cut_sent)
        wire->cut_after_sent = *d.cut_sent;
    const auto before = disk.operations();
    if (d.disk != fault::none)
        disk.fail_at(d.operation, d.disk, d.error);
    disk.on_end = [&] {
        wire->cut = true;
    };
    machine.silent_quit = d.silent_quit;
    {
        pop3::seen_file seen("state/seen", disk);
        pop3::maildir inbox("inbox", disk);
        using greeted = pop3::session<pop3::authorization, machine_stream>;
        using mailbox = pop3::session<pop3::transaction, machine_stream>;
        pop3::async_greet(
            machine_stream(context.get_executor(), wire), pop3::connect_options(),
            [&](std::error_code ec, pop3::reply<greeted> g) {
                if (ec || !g) {
                    o.error = ec;
                    return;
                }
                (*std::move(g))
                    .async_login(pop3::password("alice", "secret"), [&](std::error_code ec2,
                                                                        pop3::reply<mailbox, greeted> m) {
                        if (ec2 || !m) {
                            o.error = ec2;
                            return;
                        }
                        pop3::fetch_options options;
                        options.account = "alice@pop.example.org";
                        options.batch_messages = s.batch;
                        options.clock = [now] {
                            return now;
                        };
                        pop3::async_fetch(*std::move(m), seen, inbox, s.policy, std::move(options),
                                          [&](std::error_code ec3, pop3::fetch_report r) {
                                              o.error = ec3;
                                              o.report = std::move(r);
                                              o.done = true;
                                          });
                    });
            });
        context.run();
    }
    disk.on_end = nullptr;
    o.received = wire->received;
    o.sent = wire->sent;
    o.operations = disk.operations() - before;
    if (d.power_goes_after)
        disk.power_cut();
    disk.restart();
    machine.silent_quit = false;
    return o;
}

std::string unix_lines(std::string text)
{
    for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at))
        text.erase(at, 1);
    return text;
}

class proof {
public:
    explicit proof(std::uint32_t seed) : seed_(seed)
    {
    }

    void prove(const scenario& s)
    {
        // How long is it when nothing happens?
        pop3_machine machine;
        simulated_disk disk;
        machine.maildrop = s.maildrop;
        machine.ahead = s.ahead;
        make_folder(disk);
        const auto calm = run(s, machine, disk, {}, start);

        for (const auto what :
             {fault::error, fault::interrupted, fault::short_write, fault::kill, fault::power_cut})
            for (std::size_t n = 0; n <= calm.operations; ++n) {
                disturbance d;
                d.disk = what;
                d.operation = n;
                try_it(s, d);
                d.power_goes_after = true;
                try_it(s, d);
                if (what != fault::error)
                    continue;
                d.error = ENOSPC;
                try_it(s, d);
            }
        for (std::size_t n = 0; n <= calm.received; ++n) {
            disturbance d;
            d.cut_received = n;
            d.power_goes_after = n % 2 == 1;
            try_it(s, d);
        }
        for (std::size_t n = 0; n <= calm.sent; ++n) {
            disturbance d;
            d.cut_sent = n;
            try_it(s, d);
            d.power_goes_after = true;
            try_it(s, d);
        }
        disturbance d;
        d.silent_quit = true;
        try_it(s, d);
    }

    std::size_t cases() const
    {
        return cases_;
    }

    std::size_t failures() const
    {
        return failures_;
    }

private:
    static constexpr std::chrono::sys_seconds start{std::chrono::seconds(1'800'000'000)};

    void try_it(const scenario& s, const disturbance& d)
    {
        ++cases_;
        pop3_machine machine;
        simulated_disk disk(seed_ + static_cast<std::uint32_t>(cases_));
        machine.maildrop = s.maildrop;
        machine.ahead = s.ahead;
        make_folder(disk);
        auto now = start;
        auto recorded = fetched(run(s, machine, disk, d, now));
        check(s, d, machine, disk, false);
        // And then nothing happens; a server that cannot pipeline is asked one by one, at last.
        for (int round = 0; round != 4; ++round) {
            now += std::chrono::hours(1);
            if (round == 1)
                machine.ahead = pop3_machine::pipelining::none;
            if (round == 2 && !s.later.empty())
                machine.maildrop = s.later;
            const auto o = run(s, machine, disk, {}, now);
            if (round >= 1 && (!o.done || o.error))
                complain(s, d, "the run after it ends with " + o.error.message());
            check(s, d, machine, disk, round == 3, round >= 2);
            // What one run has recorded no other fetches again: also a delivery that cannot tell copies would have it once.
            recorded += fetched(o);
            if (recorded > s.maildrop.size() + s.later.size())
                complain(s, d, "a message that was recorded was fetched again");
        }
    }

    /// Of the store, which the user has made.
    static void make_folder(simulated_disk& disk)
    {
        std::error_code ec;
        disk.make_directory("state", ec);
        disk.sync_directory(".", ec);
    }

    static std::size_t fetched(const outcome& o)
    {
        return o.report.fetched + o.report.fetched_again;
    }

    void check(const scenario& s, const disturbance& d, const pop3_machine& machine,
               const simulated_disk& disk, bool last, bool is_later = false)
    {
        std::map<std::string, int> there;
        for (const auto& [name, octets] : disk.files_in("inbox/new"))
            ++there[octets];
        std::map<std::string, int> wanted;
        for (const auto& m : s.maildrop)
            ++wanted[unix_lines(m.octets)];
        for (const auto& m : s.later)
            wanted[unix_lines(m.octets)] += is_later;
        std::map<std::string, int> on_server;
        for (const auto& m : machine.maildrop)
            ++on_server[unix_lines(m.octets)];
        for (const auto& [octets, count] : wanted) {
            if (there[octets] > count)
                complain(s, d, "a message is there twice");
            if (there[octets] + on_server[octets] < count)
                complain(s, d, "a message is lost");
            if (last && there[octets] != count)
                complain(s, d, "a message was not delivered");
            if (last && s.deletes && on_server[octets] != 0)
                complain(s, d, "a message was not deleted");
        }
        for (const auto& [octets, count] : there)
            if (count != 0 && !wanted.contains(octets))
                complain(s, d, "a file is no message");
    }

    void complain(const scenario& s, const disturbance& d, const std::string& what)
    {
        if (++failures_ <= 20)
            std::cerr << s.name << ':' << d.describe() << ": " << what << '\n';
    }

    std::uint32_t seed_;
    std::size_t cases_ = 0;
    std::size_t failures_ = 0;
};

std::vector<scenario> scenarios()
{
    using message = pop3_machine::message;
    const message first{"a1", "Subject: one\r\n\r\nThe first.\r\n", 0, 0};
    const message second{"b/../2", "Subject: two\r\n\r\n.\r\n..dots\r\n", 0, 0};
    const message third{"\x80 c3", "Subject: three\r\n\r\nand more\r\n.\r\n", 0, 0};
    const message again{"a1", "Subject: one again\r\n\r\nAnother with its name.\r\n", 0, 0};
    const message second_again{"b/../2", "Subject: two\r\n\r\nOthers.\r\n", 0, 0};
    const message refused{"d4", "Subject: refused\r\n\r\nonce\r\n", 0, 1};
    const message wrong_size{"e5", "Subject: size\r\n\r\nwrong\r\n", 7, 0};

    struct drop {
        const char* name;
        std::vector<message> messages;
    };
    const std::vector<drop> drops{{"one", {first}},
                                  {"three", {first, second, third}},
                                  {"copies", {first, again, second}},
                                  {"troubles", {refused, wrong_size, first}}};
    struct choice {
        const char* name;
        pop3::fetch_policy policy;
        bool deletes;
    };
    const std::vector<choice> policies{{"keep", pop3::keep_on_server(), false},
                                       {"delete", pop3::delete_after_delivery(), true},
                                       {"age", pop3::delete_after(std::chrono::minutes(30)), true},
                                       {"newest", pop3::keep_newest(1), false}};
    using pipelining = pop3_machine::pipelining;
    std::vector<scenario> all;
    for (const auto& d : drops)
        for (const auto& p : policies)
            for (const auto ahead : {pipelining::none, pipelining::right, pipelining::inside})
                for (const std::size_t batch : {1u, 2u, 100u})
                    all.push_back({std::string(d.name) + ", " + p.name + ", " +
                                       std::to_string(static_cast<int>(ahead)) + ", batches of " +
                                       std::to_string(batch),
                                   d.messages, p.policy, ahead, batch, p.deletes});
    for (const auto& p : policies)
        all.push_back({std::string("reused unique-ids, ") + p.name,
                       {first, second},
                       p.policy,
                       pipelining::right,
                       2,
                       p.deletes,
                       {second_again, again}});
    return all;
}

} // namespace

int main(int argc, char** argv)
{
    proof p(argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 1);
    for (const auto& s : scenarios())
        p.prove(s);
    std::cout << p.cases() << " cases, " << p.failures() << " failures\n";
    return p.failures() == 0 && p.cases() != 0 ? 0 : 1;
}
