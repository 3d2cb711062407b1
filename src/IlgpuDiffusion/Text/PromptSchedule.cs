using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Text;

/// <summary>
/// Prompt editing as stable-diffusion-webui has it: <c>[from:to:when]</c>, <c>[to:when]</c>, <c>[from::when]</c>, and <c>[a|b]</c>, which alternates. <c>when</c> with a point is a
/// part of the steps, without one a number of them. A backslash makes a bracket literal; what is none of these forms is text.
/// </summary>
internal sealed partial class PromptSchedule
{
    // Deeper brackets are text: prompts are from anywhere.
    private const int MostDepth = 64;

    private readonly string _prompt;
    private readonly int _steps;
    private readonly int[] _closes;
    private readonly SortedSet<int> _ends;

    private PromptSchedule(string prompt, int steps)
    {
        (_prompt, _steps, _closes, _ends) = (prompt, steps, Closes(prompt), [steps]);
    }

    private abstract record Node;

    /// <summary>Text from one place to another.</summary>
    private sealed record Plain(int Start, int End) : Node;

    private sealed record Sequence(IReadOnlyList<Node> Nodes) : Node;

    /// <summary>One text to a step, another from the next on.</summary>
    private sealed record Switch(Node? Before, Node After, int When) : Node;

    private sealed record Alternation(IReadOnlyList<Node> Options) : Node;

    /// <summary>The prompt's text at every step, as many as there are steps; one that does not change is the same string throughout.</summary>
    public static IReadOnlyList<string> Of(string prompt, int steps)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (!prompt.Contains('[', StringComparison.Ordinal))
        {
            return [.. Enumerable.Repeat(prompt, steps)];
        }

        PromptSchedule schedule = new(prompt, steps);
        Sequence root = schedule.Parse(0, prompt.Length, 0);
        Dictionary<int, string> texts = schedule._ends.ToDictionary(end => end, end => schedule.At(root, end));

        // The reference gives evaluation i, counted from 0, the text of the first end that is at least i.
        return [.. Enumerable.Range(0, steps).Select(step => texts[schedule._ends.First(end => step <= end)])];
    }

    /// <summary>Where each opening bracket is closed; -1 where it is not.</summary>
    private static int[] Closes(string prompt)
    {
        int[] closes = new int[prompt.Length];
        Array.Fill(closes, -1);
        Stack<int> open = [];
        for (int i = 0; i < prompt.Length; i++)
        {
            switch (prompt[i])
            {
                case '\\':
                    i++;
                    break;
                case '[' or '(':
                    open.Push(i);
                    break;
                case ']' or ')' when open.TryPeek(out int at) && prompt[at] == (prompt[i] == ']' ? '[' : '('):
                    closes[open.Pop()] = i;
                    break;
            }
        }

        return closes;
    }

    private Sequence Parse(int start, int end, int depth)
    {
        List<Node> nodes = [];
        int plain = start;
        for (int i = start; i < end; i++)
        {
            if (_prompt[i] == '\\')
            {
                i++;
            }
            else if (_prompt[i] is '[' or '(' && _closes[i] is >= 0 and int close && close < end && depth < MostDepth)
            {
                nodes.Add(new Plain(plain, i));
                nodes.Add(_prompt[i] == '[' ? Bracket(i, close, depth) : Literal(i, close, depth));
                (plain, i) = (close + 1, close);
            }
        }

        nodes.Add(new Plain(plain, Math.Max(plain, end)));
        return new Sequence(nodes);
    }

    private Sequence Literal(int open, int close, int depth) => new([new Plain(open, open + 1), Parse(open + 1, close, depth + 1), new Plain(close, close + 1)]);

    private Node Bracket(int open, int close, int depth)
    {
        List<int> marks = Marks(open + 1, close);
        if (marks.Count > 0 && marks.All(mark => _prompt[mark] == '|'))
        {
            _ends.UnionWith(Enumerable.Range(1, Math.Max(0, _steps)));
            return new Alternation([.. marks.Append(close).Zip(marks.Prepend(open), (end, before) => Parse(before + 1, end, depth + 1))]);
        }

        // Bars beside colons are text.
        marks = [.. marks.Where(mark => _prompt[mark] == ':')];
        if (marks.Count is not (1 or 2) || !Number().IsMatch(_prompt.AsSpan((marks[^1] + 1)..close)))
        {
            return Literal(open, close, depth);
        }

        string number = _prompt[(marks[^1] + 1)..close].Trim();
        double value = double.Parse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * (number.Contains('.', StringComparison.Ordinal) ? _steps : 1);
        int when = (int)Math.Min(_steps, value);
        if (when >= 1)
        {
            _ends.Add(when);
        }

        return marks.Count == 2
            ? new Switch(Parse(open + 1, marks[0], depth + 1), Parse(marks[0] + 1, marks[1], depth + 1), when)
            : new Switch(null, Parse(open + 1, marks[0], depth + 1), when);
    }

    /// <summary>Colons and bars that stand in no further brackets.</summary>
    private List<int> Marks(int start, int end)
    {
        List<int> marks = [];
        for (int i = start; i < end; i++)
        {
            switch (_prompt[i])
            {
                case '\\':
                    i++;
                    break;
                case '[' or '(' when _closes[i] >= 0 && _closes[i] < end:
                    i = _closes[i];
                    break;
                case ':' or '|':
                    marks.Add(i);
                    break;
            }
        }

        return marks;
    }

    private string At(Node root, int step)
    {
        StringBuilder text = new();
        Write(root);
        return text.ToString();

        void Write(Node? node)
        {
            switch (node)
            {
                case Plain plain:
                    text.Append(_prompt, plain.Start, Math.Max(0, plain.End - plain.Start));
                    break;
                case Sequence sequence:
                    foreach (Node child in sequence.Nodes)
                    {
                        Write(child);
                    }

                    break;
                case Switch change:
                    Write(step <= change.When ? change.Before : change.After);
                    break;
                case Alternation alternation:
                    Write(alternation.Options[(step - 1) % alternation.Options.Count]);
                    break;
            }
        }
    }

    [GeneratedRegex(@"^\s*(?:\d+(?:\.\d*)?|\.\d+)\s*$")]
    private static partial Regex Number();
}
