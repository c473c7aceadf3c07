// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A real POP3 server, Dovecot, for the integration tests: test::dovecot starts one in a folder of its own and
// ends it again.  What it listens on and which users it knows is described in start.sh.
//
//     auto& server = test::dovecot::instance();
//     server.make_maildrop("alice", {"Subject: one\r\n\r\nbody\r\n", "Subject: two\r\n\r\nbody\r\n"});
//     ... connect to "localhost", server.tls_port(), trusting server.ca_file(), as alice, "secret" ...
//     CHECK(server.maildrop("alice").size() == 1);
//
// Every user name exists, with the password "secret".  A test case that takes a name of its own (its own
// name, say) is independent of all others.
//
// Two compile definitions say where things are: POP3_DOVECOT_START, the path of start.sh, and, optional,
// POP3_DOVECOT_DIR, the folder that provide.sh was given.  Needs POSIX and C++20, nothing else.

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifndef POP3_DOVECOT_START
#define POP3_DOVECOT_START ""
#endif
#ifndef POP3_DOVECOT_DIR
#define POP3_DOVECOT_DIR ""
#endif

extern char** environ;

namespace test {

class dovecot {
public:
    static constexpr const char* password = "secret";

    // Starts a server; throws std::runtime_error with what the script and the server's log said when that
    // fails.  `provided` is the folder given to provide.sh, or empty for the installed Dovecot.
    explicit dovecot(std::string start_script = POP3_DOVECOT_START, std::string provided = POP3_DOVECOT_DIR)
        : start_script_(std::move(start_script)), provided_(std::move(provided))
    {
        if (start_script_.empty()) {
            throw std::runtime_error("dovecot: POP3_DOVECOT_START is not defined");
        }
        make_work_dir();
        try {
            start();
        } catch (...) {
            end();
            throw;
        }
    }

    dovecot(const dovecot&) = delete;
    dovecot& operator=(const dovecot&) = delete;

    ~dovecot()
    {
        end();
    }

    // The one server of this test program.  It is started by the first call and ended with the program, also
    // by std::exit(); when the program is killed or aborts, start.sh's watch ends it.  A start that failed is
    // not tried again: all later calls throw the same.
    static dovecot& instance()
    {
        struct starter {
            std::unique_ptr<dovecot> server;
            std::string error;

            starter()
            {
                try {
                    server = std::make_unique<dovecot>();
                } catch (const std::exception& e) {
                    error = e.what();
                }
            }
        };
        static starter only;
        if (!only.server) {
            throw std::runtime_error(only.error);
        }
        return *only.server;
    }

    // --- where it listens ---------------------------------------------------------------------------------

    // The usual address.  "localhost" and, when has_ipv6(), "::1" have the same ports and a certificate for
    // all three names.
    std::string host() const
    {
        return "127.0.0.1";
    }

    bool has_ipv6() const
    {
        return value("ipv6") == "yes";
    }

    // POP3 without TLS, with STLS.
    std::uint16_t plain_port() const
    {
        return port("plain");
    }

    // POP3 over TLS.
    std::uint16_t tls_port() const
    {
        return port("tls");
    }

    // The certificate is for this host and for localhost, signed as the others, but expired.  Here and at the
    // other hosts there is also plain_port(), which offers the same certificate to STLS.
    std::string expired_host() const
    {
        return value("host_expired");
    }

    std::uint16_t expired_port() const
    {
        return port("tls_expired");
    }

    // The certificate is for wrong.example only, otherwise good.
    std::string wrong_host() const
    {
        return value("host_wrong_host");
    }

    std::uint16_t wrong_host_port() const
    {
        return port("tls_wrong_host");
    }

    // This host refuses USER, and AUTH with a password in the clear, until there is TLS.
    std::string tls_required_host() const
    {
        return value("host_tls_required");
    }

    // PEM file of the authority that signed all the certificates.
    std::string ca_file() const
    {
        return work_dir_ + "/ca.pem";
    }

    // --- maildrops ----------------------------------------------------------------------------------------

    // Replaces the user's maildrop by one with these messages, numbered in this order.  Octets are taken as
    // they are; Dovecot sends a bare LF as CRLF.  The user must have no session at this time.
    void make_maildrop(const std::string& user, const std::vector<std::string>& messages = {})
    {
        const std::string dir = maildir(user);
        std::filesystem::remove_all(dir);
        make_dirs(dir);
        deliver(user, messages);
    }

    // Adds messages behind those that are there, as a mail server does it; a session sees them only when it
    // begins afterwards.
    void deliver(const std::string& user, const std::vector<std::string>& messages)
    {
        const std::string dir = maildir(user);
        make_dirs(dir);
        for (const std::string& message : messages) {
            // The order of messages is the order of the times in their names.
            const unsigned long n = next_++;
            std::string fraction = std::to_string(n % 1000000);
            fraction.insert(0, 6 - fraction.size(), '0');
            const std::string seconds = std::to_string(static_cast<unsigned long>(started_) + n / 1000000);
            const std::string name = seconds + ".M" + fraction + ".test";
            // In two steps, so that a session which begins just now sees all of a message or nothing.
            write_file(dir + "/tmp/" + name, message);
            std::filesystem::rename(dir + "/tmp/" + name, dir + "/new/" + name);
        }
    }

    // The messages that are in the maildrop now, in order.
    std::vector<std::string> maildrop(const std::string& user) const
    {
        std::vector<std::pair<std::string, std::filesystem::path>> files;
        for (const char* part : {"/cur", "/new"}) {
            std::error_code error;
            std::filesystem::directory_iterator entries(maildir(user) + part, error);
            if (error == std::errc::no_such_file_or_directory) {
                continue;
            }
            if (error) {
                throw std::system_error(error, "dovecot: cannot read the maildrop of " + user);
            }
            for (const auto& entry : entries) {
                // Behind the colon are the message's flags, which change.
                const std::string name = entry.path().filename().string();
                files.emplace_back(name.substr(0, name.find(':')), entry.path());
            }
        }
        std::sort(files.begin(), files.end());
        std::vector<std::string> messages;
        messages.reserve(files.size());
        for (const auto& file : files) {
            messages.push_back(read_file(file.second));
        }
        return messages;
    }

    // The end of Dovecot's log, to see what it made of a session.
    std::string log_tail() const
    {
        constexpr std::size_t limit = 4000;
        std::string log = read_file(work_dir_ + "/dovecot.log", false);
        if (log.size() > limit) {
            log.erase(0, log.size() - limit);
            log.erase(0, log.find('\n') + 1);
        }
        return log;
    }

private:
    std::string start_script_;
    std::string provided_;
    std::string work_dir_;
    std::map<std::string, std::string> values_;
    // Open as long as this process lives: its end is how start.sh's watch learns that.
    int watch_ = -1;
    const std::time_t started_ = std::time(nullptr);
    std::atomic<unsigned long> next_ = 0;

    // The memory file system, unless TMPDIR says otherwise: a disk that is busy needs up to ten seconds for
    // a maildrop of 10,000 messages.  In containers it is often small, or programs cannot be run from it.
    static std::filesystem::path temporary_dir()
    {
        constexpr std::uintmax_t wanted = 512 * 1024 * 1024;
        struct statvfs memory = {};
        bool fit = std::getenv("TMPDIR") == nullptr && ::statvfs("/dev/shm", &memory) == 0 &&
                   ::access("/dev/shm", W_OK | X_OK) == 0 &&
                   std::uintmax_t(memory.f_bavail) * memory.f_frsize >= wanted;
#ifdef ST_NOEXEC
        fit = fit && (memory.f_flag & ST_NOEXEC) == 0;
#endif
        return fit ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    }

    void make_work_dir()
    {
        std::string name = (temporary_dir() / "pop3-dovecot.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), "dovecot: cannot create " + name);
        }
        work_dir_ = name;
    }

    void start()
    {
        int input[2];
        open_pipe(input);
        watch_ = input[1];
        std::string output;
        int status = 0;
        try {
            status = run({start_script_, work_dir_, provided_, "--watch-stdin"}, input[0], output);
        } catch (...) {
            ::close(input[0]);
            throw;
        }
        ::close(input[0]);
        if (status != 0) {
            throw std::runtime_error("dovecot: " + start_script_ + " failed:\n" + output);
        }

        std::ifstream ports(work_dir_ + "/ports");
        for (std::string line; std::getline(ports, line);) {
            const auto equals = line.find('=');
            if (equals != std::string::npos) {
                values_[line.substr(0, equals)] = line.substr(equals + 1);
            }
        }
    }

    void end() noexcept
    {
        try {
            std::string output;
            const auto stop_script = std::filesystem::path(start_script_).replace_filename("stop.sh");
            run({stop_script.string(), work_dir_}, -1, output);
        } catch (...) {
            // The watch ends the server instead when its pipe is closed.
        }
        if (watch_ != -1) {
            ::close(watch_);
        }
        std::error_code ignored;
        std::filesystem::remove_all(work_dir_, ignored);
    }

    // Runs a program to its end; true output and error output go to `output`, the exit status is returned.
    // `input` is its standard input, /dev/null if -1.
    static int run(std::vector<std::string> arguments, int input, std::string& output)
    {
        std::vector<char*> argv;
        for (std::string& argument : arguments) {
            argv.push_back(argument.data());
        }
        argv.push_back(nullptr);

        int out[2];
        open_pipe(out);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        if (input == -1) {
            ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        } else {
            ::posix_spawn_file_actions_adddup2(&actions, input, 0);
        }
        ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        ::posix_spawn_file_actions_adddup2(&actions, out[1], 2);
        pid_t pid = -1;
        const int error = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        if (error != 0) {
            ::close(out[0]);
            throw std::system_error(error, std::generic_category(), "dovecot: cannot run " + arguments[0]);
        }

        char buffer[4096];
        for (;;) {
            const ssize_t n = ::read(out[0], buffer, sizeof buffer);
            if (n > 0) {
                output.append(buffer, static_cast<std::size_t>(n));
            } else if (n == 0 || errno != EINTR) {
                break;
            }
        }
        ::close(out[0]);
        int status = 0;
        while (::waitpid(pid, &status, 0) == -1) {
            if (errno != EINTR) {
                throw std::system_error(errno, std::generic_category(), "dovecot: waitpid");
            }
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    // Close-on-exec, so that no program started later keeps an end open.
    static void open_pipe(int (&ends)[2])
    {
        if (::pipe(ends) == -1) {
            throw std::system_error(errno, std::generic_category(), "dovecot: pipe");
        }
        for (const int end : ends) {
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
        }
    }

    const std::string& value(const std::string& name) const
    {
        const auto found = values_.find(name);
        if (found == values_.end()) {
            throw std::runtime_error("dovecot: start.sh did not tell " + name);
        }
        return found->second;
    }

    template <class Number>
    Number number(const std::string& name) const
    {
        const std::string& text = value(name);
        Number result = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), result);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
            throw std::runtime_error("dovecot: start.sh told " + name + "=" + text);
        }
        return result;
    }

    std::uint16_t port(const std::string& name) const
    {
        return number<std::uint16_t>(name);
    }

    std::string maildir(const std::string& user) const
    {
        if (user.empty() || user.front() == '.' || user.find('/') != std::string::npos || user == "broken") {
            throw std::invalid_argument("dovecot: no maildrop for a user called '" + user + "'");
        }
        return work_dir_ + "/mail/" + user;
    }

    void make_dirs(const std::string& dir) const
    {
        for (const char* part : {"", "/cur", "/new", "/tmp"}) {
            if (std::filesystem::create_directory(dir + part)) {
                give(dir + part);
            }
        }
    }

    // What root's tests make has to belong to the user that the server runs as.
    void give(const std::string& path) const
    {
        if (::geteuid() == 0 && ::chown(path.c_str(), number<uid_t>("uid"), number<gid_t>("gid")) == -1) {
            throw std::system_error(errno, std::generic_category(), "dovecot: chown " + path);
        }
    }

    void write_file(const std::string& path, std::string_view content) const
    {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (file == -1) {
            throw std::system_error(errno, std::generic_category(), "dovecot: cannot create " + path);
        }
        int error = 0;
        while (!content.empty() && error == 0) {
            const ssize_t n = ::write(file, content.data(), content.size());
            if (n >= 0) {
                content.remove_prefix(static_cast<std::size_t>(n));
            } else if (errno != EINTR) {
                error = errno;
            }
        }
        if (::close(file) == -1 && error == 0) {
            error = errno;
        }
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "dovecot: cannot write " + path);
        }
        give(path);
    }

    static std::string read_file(const std::filesystem::path& path, bool must_exist = true)
    {
        std::ifstream file(path, std::ios::binary);
        if (!file && must_exist) {
            throw std::runtime_error("dovecot: cannot read " + path.string());
        }
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
};

} // namespace test
