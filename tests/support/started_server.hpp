// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A POP3 server that a script starts in a folder of its own, for the integration tests: what the fixtures for
// particular servers have in common.  The script start.sh gets a folder to work in, the folder that provide.sh was
// given, and --watch-stdin; it writes lines NAME=VALUE to the file ports; stop_server.sh ends the server.

#include <fcntl.h>
#include <spawn.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

extern char** environ;

namespace test {

class started_server {
public:
    started_server(const started_server&) = delete;
    started_server& operator=(const started_server&) = delete;

    // PEM file of the authority that signed the server's certificates.
    std::string ca_file() const
    {
        return work_dir() + "/ca.pem";
    }

protected:
    // Starts a server; throws std::runtime_error with what the script said when that fails.  `name` is for messages.
    started_server(std::string name, std::string start_script, std::string provided)
        : name_(std::move(name)), start_script_(std::move(start_script)), provided_(std::move(provided))
    {
        if (start_script_.empty()) {
            throw std::runtime_error(name_ + ": the path of start.sh is not defined");
        }
        make_work_dir();
        try {
            start();
        } catch (...) {
            end();
            throw;
        }
    }

    ~started_server()
    {
        end();
    }

    // The one Server of this test program.  It is started by the first call and ended with the program, also by
    // std::exit(); when the program is killed or aborts, start.sh's watch ends it.  A start that failed is not tried
    // again: all later calls throw the same.
    template <class Server>
    static Server& only()
    {
        struct starter {
            std::unique_ptr<Server> server;
            std::string error;

            starter()
            {
                try {
                    server = std::make_unique<Server>();
                } catch (const std::exception& e) {
                    error = e.what();
                }
            }
        };
        static starter started;
        if (!started.server) {
            throw std::runtime_error(started.error);
        }
        return *started.server;
    }

    const std::string& work_dir() const
    {
        return work_dir_;
    }

    const std::string& value(const std::string& name) const
    {
        const auto found = values_.find(name);
        if (found == values_.end()) {
            throw std::runtime_error(name_ + ": start.sh did not tell " + name);
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
            throw std::runtime_error(name_ + ": start.sh told " + name + "=" + text);
        }
        return result;
    }

    std::uint16_t port(const std::string& name) const
    {
        return number<std::uint16_t>(name);
    }

    std::string read_file(const std::filesystem::path& path, bool must_exist = true) const
    {
        std::ifstream file(path, std::ios::binary);
        if (!file && must_exist) {
            throw std::runtime_error(name_ + ": cannot read " + path.string());
        }
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

private:
    std::string name_;
    std::string start_script_;
    std::string provided_;
    std::string work_dir_;
    std::map<std::string, std::string> values_;
    // Open as long as this process lives: its end is how start.sh's watch learns that.
    int watch_ = -1;

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
        std::string name = (temporary_dir() / ("pop3-" + name_ + ".XXXXXX")).string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), name_ + ": cannot create " + name);
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
            throw std::runtime_error(name_ + ": " + start_script_ + " failed:\n" + output);
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
            const auto stop_script =
                std::filesystem::path(start_script_).parent_path() / "../support/stop_server.sh";
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
    int run(std::vector<std::string> arguments, int input, std::string& output)
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
            throw std::system_error(error, std::generic_category(), name_ + ": cannot run " + arguments[0]);
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
                throw std::system_error(errno, std::generic_category(), name_ + ": waitpid");
            }
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    // Close-on-exec, so that no program started later keeps an end open.
    void open_pipe(int (&ends)[2]) const
    {
        if (::pipe(ends) == -1) {
            throw std::system_error(errno, std::generic_category(), name_ + ": pipe");
        }
        for (const int end : ends) {
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
        }
    }
};

} // namespace test
