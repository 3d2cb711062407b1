using System.Buffers.Binary;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>What a tokenizer needs of a SentencePiece model: a message of protocol buffers, sentencepiece_model.proto's ModelProto.</summary>
internal sealed class SentencePieceFile
{
    private const int Unigram = 1;

    // sentencepiece_model.proto: kinds of pieces that are no text of their own.
    private const int UnknownPiece = 2;
    private const int ControlPiece = 3;

    private readonly string _path;

    private SentencePieceFile(string path) => _path = path;

    /// <summary>The pieces; whether one is special, which stands for no text of its own.</summary>
    public List<(string Text, float Score, bool Special)> Pieces { get; } = [];

    /// <summary>The number of the piece that stands for what no piece holds.</summary>
    public int UnknownId { get; private set; }

    /// <summary>The compiled rules of normalization, or null for none.</summary>
    public byte[]? CharacterMap { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or no unigram model.</exception>
    public static SentencePieceFile Read(string path)
    {
        SentencePieceFile file = new(path);
        Message message = new(File.ReadAllBytes(path), path);
        while (message.Next(out int field))
        {
            switch (field)
            {
                case 1:
                    file.ReadPiece(message.Child());
                    break;
                case 2:
                    file.ReadTraining(message.Child());
                    break;
                case 3:
                    file.ReadNormalizer(message.Child());
                    break;
                default:
                    message.Skip();
                    break;
            }
        }

        return file;
    }

    private void ReadPiece(Message message)
    {
        (string text, float score, ulong kind) = ("", 0, 1);
        while (message.Next(out int field))
        {
            switch (field)
            {
                case 1:
                    text = Encoding.UTF8.GetString(message.Bytes());
                    break;
                case 2:
                    score = message.Single();
                    break;
                case 3:
                    kind = message.Number();
                    break;
                default:
                    message.Skip();
                    break;
            }
        }

        if (kind == UnknownPiece)
        {
            UnknownId = Pieces.Count;
        }

        Pieces.Add((text, score, kind is UnknownPiece or ControlPiece));
    }

    private void ReadTraining(Message message)
    {
        while (message.Next(out int field))
        {
            if (field != 3)
            {
                message.Skip();
            }
            else if (message.Number() is not Unigram and var kind)
            {
                throw new InvalidDataException($"'{_path}' is a SentencePiece model of kind {kind}; T5's are of kind {Unigram}, unigram models.");
            }
        }
    }

    private void ReadNormalizer(Message message)
    {
        while (message.Next(out int field))
        {
            if (field == 2)
            {
                byte[] map = message.Bytes().ToArray();
                CharacterMap = map.Length > 0 ? map : null;
            }
            else
            {
                message.Skip();
            }
        }
    }

    /// <summary>The fields of a message in their order (protobuf.dev/programming-guides/encoding).</summary>
    private ref struct Message(ReadOnlySpan<byte> bytes, string path)
    {
        private ReadOnlySpan<byte> _rest = bytes;
        private int _wire;

        public bool Next(out int field)
        {
            field = 0;
            if (_rest.IsEmpty)
            {
                return false;
            }

            ulong key = Varint();
            (field, _wire) = ((int)Math.Min(key >> 3, int.MaxValue), (int)(key & 7));
            return true;
        }

        public ulong Number() => _wire == 0 ? Varint() : throw Damaged();

        public float Single() => _wire == 5 ? BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float))) : throw Damaged();

        public ReadOnlySpan<byte> Bytes() => _wire == 2 ? Take(Varint()) : throw Damaged();

        public Message Child() => new(Bytes(), path);

        public void Skip()
        {
            switch (_wire)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    Take(sizeof(ulong));
                    break;
                case 2:
                    Take(Varint());
                    break;
                case 5:
                    Take(sizeof(uint));
                    break;
                default:
                    throw Damaged();
            }
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Take(1)[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw Damaged();
        }

        private ReadOnlySpan<byte> Take(ulong count)
        {
            if (count > (ulong)_rest.Length)
            {
                throw Damaged();
            }

            ReadOnlySpan<byte> taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }

        private readonly InvalidDataException Damaged() => new($"'{path}' is no SentencePiece model, or is damaged; copy it again.");
    }
}
