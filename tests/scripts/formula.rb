# SPDX-License-Identifier: Apache-2.0
# What Homebrew would do with a formula, as far as it takes no Homebrew: its fields, and its test.
#   CACHESTAT=PROGRAM ruby formula.rb FORMULA VERSION
require "pathname"
require "tmpdir"

class Formula
  FIELDS = %i[desc homepage url sha256 license].freeze
  class << self
    attr_reader :fields, :needed, :test_block

    FIELDS.each { |name| define_method(name) { |text| (@fields ||= {})[name] = text } }

    def depends_on(what)
      (@needed ||= []) << (what.is_a?(Hash) ? what.keys.first : what)
    end

    def test(&block)
      @test_block = block
    end
  end

  attr_reader :version, :bin, :testpath

  def initialize(version, bin, testpath)
    @version, @bin, @testpath = version, bin, testpath
  end

  def system(*words)
    Kernel.system(*words.map(&:to_s), out: File::NULL) or raise "fails: #{words.join(" ")}"
  end

  def shell_output(command, status = 0)
    out = `#{command}`
    raise "#{$?.exitstatus}, not #{status}: #{command}" if $?.exitstatus != status
    out
  end

  def assert_match(wanted, text)
    raise "no '#{wanted}' in '#{text}'" unless text.include?(wanted)
  end
end

load ARGV[0]
fields = Cachestat.fields
raise "a field is missing" unless fields.keys.sort == Formula::FIELDS.sort
raise "sha256" unless fields[:sha256].match?(/\A\h{64}\z/)
raise "url" unless fields[:url].match?(%r{\Ahttps://.*-#{Regexp.escape(ARGV[1])}\.tar\.xz\z})
# Homebrew's own rules of a description.
raise "desc" if fields[:desc].length > 80 || fields[:desc].match?(/\A(an?|the|cachestat)\b|\.\z/i)

Dir.mktmpdir do |dir|
  bin = Pathname(dir) / "bin"
  bin.mkdir
  File.symlink(ENV.fetch("CACHESTAT"), bin / "cachestat")
  Dir.chdir(dir) do
    kept = ENV.to_h
    # Homebrew's ENV takes paths.
    def ENV.[]=(name, value)
      store(name, value.to_s)
    end
    Cachestat.new(ARGV[1], bin, Pathname(dir)).instance_eval(&Cachestat.test_block)
    ENV.replace(kept)
  end
end
puts "formula: #{Cachestat.needed.length} dependencies, its test passes"
