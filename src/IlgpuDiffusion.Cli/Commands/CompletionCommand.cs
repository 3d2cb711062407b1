using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary><c>completion</c>: what a shell loads to complete command lines; the program itself is asked for the words.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _ilgpu_diffusion() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(ilgpu-diffusion "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _ilgpu_diffusion ilgpu-diffusion
        """;

    private const string Zsh = """
        #compdef ilgpu-diffusion
        _ilgpu_diffusion() {
            local words=("${(@f)$(ilgpu-diffusion "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- "${words[@]}" || _files
        }
        compdef _ilgpu_diffusion ilgpu-diffusion
        """;

    private const string Fish = """
        complete -c ilgpu-diffusion -a '(ilgpu-diffusion "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName ilgpu-diffusion -ScriptBlock {
            param($word, $line, $cursor)
            ilgpu-diffusion "[suggest:$cursor]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create(CliHost host)
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh, fish or pwsh.", HelpName = "bash|zsh|fish|pwsh" };
        shell.CompletionSources.Add("bash", "zsh", "fish", "pwsh");
        Command command = new("completion", "Prints what a shell loads to complete command lines: eval \"$(ilgpu-diffusion completion bash)\".") { shell };
        command.SetAction(parsed =>
        {
            host.Output.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                "pwsh" or "powershell" => PowerShell,
                string other => throw new UsageException($"There is no completion for '{other}', but for bash, zsh, fish and pwsh."),
            });
            return ExitCodes.Done;
        });
        return command;
    }
}
